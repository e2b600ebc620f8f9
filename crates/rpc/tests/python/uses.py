"""What a flow writes with generated clients: checked by mypy, strictly, and never run."""

import dataclasses
from typing import Any, assert_type

from services import calendar as calendar_client
from services import api_with_examples, large, link_example, params_by_name, petstore, simple_math

events = calendar_client.event_list(day="2026-11-21")
assert_type(events, list[calendar_client.Event])
assert_type(events[0].title, str)
assert_type(events[0].notes, str | None)
assert_type(calendar_client.event_new.start(title="a", day="b").result(), calendar_client.Event)
made = calendar_client.Attendee(name="Ada")
assert_type(made.required, bool)
calendar_client.event_new(title="a", day="b", attendees=[made])
assert_type(dataclasses.asdict(made), dict[str, Any])
assert_type(calendar_client.event_delete(id="a"), bool)
calendar_client.event_list(dya="x")  # type: ignore[call-arg]
calendar_client.event_new(title=1, day="b")  # type: ignore[arg-type]
calendar_client.event_update(id="a", status="gone")  # type: ignore[arg-type]
calendar_client.Attendee()  # type: ignore[call-arg]

assert_type(simple_math.addition(1, 2), int)
assert_type(simple_math.subtraction(None, 2), float)
assert_type(petstore.create_pet(newPetName="a"), int)
assert_type(petstore.get_pet(petId=1), petstore.Pet)
assert_type(link_example.user(), link_example.User)
assert_type(link_example.user_.list(), list[link_example.User])
assert_type(link_example.user_.get(id=1).list, bool | None)
assert_type(link_example.user_.repository.list(owner=1)[0].size, tuple[int, float] | None)
found = params_by_name.findUser(userId=None, from_="x")
assert_type(found.first_name_, str | None)
assert_type(found.parent, params_by_name.User | None)
shape = api_with_examples.get_shape(shape="round")
assert_type(shape, api_with_examples.Circle | api_with_examples.Square | None)
assert_type(api_with_examples.tree().children, list[api_with_examples.Tree])
assert_type(large.get_1(id=1)[0].next[0].next, list[large.Thing15])
