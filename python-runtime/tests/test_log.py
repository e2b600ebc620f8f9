"""`flow.log` and the handler of `logging`."""

import logging

from scripted import recorded

from sluice import flow
from sluice._log import FlowHandler

DEBUG, INFO, WARNING, ERROR = 0, 1, 2, 3


def test_a_line_belongs_to_the_open_step():
    with recorded() as host:
        flow.log.info("before")
        with flow.step("s"):
            flow.log.warning("inside", lines=3)
        flow.log.error("after")
        flow.log.debug("last")
    assert host.named("log") == [
        (0, INFO, "before", {}),
        (1, WARNING, "inside", {"lines": 3}),
        (0, ERROR, "after", {}),
        (0, DEBUG, "last", {}),
    ]


def test_a_line_may_have_an_attribute_called_message():
    with recorded() as host:
        flow.log.info("got it", message="hello", self=1)
    assert host.named("log") == [(0, INFO, "got it", {"message": "hello", "self": 1})]


def test_a_long_text_is_cut_with_a_mark():
    with recorded() as host:
        flow.log.info("x" * 20_000)
    text = host.named("log")[0][2]
    assert len(text) <= 16 * 1024
    assert text.endswith("… (3,648 more characters)")


def test_any_object_can_be_logged():
    class Mute:
        def __str__(self):
            raise ValueError

    with recorded() as host:
        flow.log.info({"a": 1})
        flow.log.info(Mute())
        flow.log.info("half \ud83d of a pair")
    texts = [event[2] for event in host.named("log")]
    assert texts == ["{'a': 1}", "<Mute, whose str raises ValueError>", "half ? of a pair"]


def logger_of(name):
    logger = logging.Logger(name)
    logger.addHandler(FlowHandler())
    return logger


def test_logging_goes_to_the_log_of_the_flow():
    with recorded() as host, flow.step("s"):
        logger = logger_of("shop.orders")
        logger.info("order %d", 7)
        logger.critical("stop")
        logger.log(5, "fine")
    assert host.named("log") == [
        (1, INFO, "order 7", {"logger": "shop.orders"}),
        (1, ERROR, "stop", {"logger": "shop.orders"}),
        (1, DEBUG, "fine", {"logger": "shop.orders"}),
    ]


def test_an_exception_is_logged_with_its_traceback():
    with recorded() as host:
        try:
            raise KeyError("x")
        except KeyError:
            logger_of("root").exception("it failed")
    text, attributes = host.named("log")[0][2:]
    assert text.startswith("it failed\nTraceback")
    assert text.endswith("KeyError: 'x'")
    assert attributes == {}


def test_a_record_that_cannot_be_formatted_is_logged_all_the_same():
    with recorded() as host:
        logger_of("root").info("%d", "seven")
    assert host.named("log") == [(0, INFO, "%d (which cannot be formatted: TypeError)", {})]
