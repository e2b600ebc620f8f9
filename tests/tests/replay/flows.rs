//! Flows out of a generator: what Python does that a replay must do again, in any order.

/// Numbers that look random and are the same again.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits are a usize") % bound
    }
}

/// What every flow begins with. `note` keeps a value of the output and records that it was decided.
const HEAD: &str = r#"
import asyncio, json, random, secrets, time, uuid, datetime
from sluice import flow
import _sluice as host
from sluice._calls import CALLS, Request

told = []

def note(value):
    told.append(value)
    flow.log.info(f"told {len(told)}")

class Thing:
    def __init__(self, number): self.number = number

def kv(key):
    arguments = {"space": "notes", "operation": "get", "key": key}
    return CALLS.start(Request("kv", arguments, lambda value, attachment: [value, attachment.decode()]))

async def nap(number):
    await asyncio.sleep(random.random() * 0.004)
    async with flow.step(f"nap {number}"):
        await asyncio.sleep(random.random() * 0.004)
        note(["nap", number])
    return number

async def racing():
    calls = [flow.sleep.start(random.random() * 0.005) for _ in range(3)] + [kv("race")]
    async def one(number, call):
        await call
        note(["raced", number])
    await asyncio.gather(*(one(number, call) for number, call in enumerate(calls)))

async def timing_out():
    try:
        async with asyncio.timeout(0.003):
            async with flow.step("too long"):
                await flow.sleep.start(60)
    except TimeoutError:
        note(["timed out", time.time()])

async def cancelling():
    async def forever():
        with flow.step("forever"):
            try:
                await asyncio.sleep(1000)
            finally:
                note("cancelled")
    task = asyncio.create_task(forever())
    await asyncio.sleep(0.002)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

@flow
def generated():
"#;

/// Parts of a flow, each a few statements.
const PARTS: &[&str] = &[
    "note(time.time())",
    "note(str(uuid.uuid4()))",
    "note([random.random(), secrets.token_hex(4)])",
    "note([thing.number for thing in {Thing(n) for n in range(20)}])",
    "note(list({str(n) for n in range(20)}))",
    "flow.sleep(0.003)\nnote(time.time())",
    "with flow.step('work', size=random.randrange(9)) as step:\n    step.progress(1, 2)\n    note(0.1 + random.random())",
    "note(asyncio.run(asyncio.wait_for(nap(0), 600)))",
    "async def several(): return await asyncio.gather(*(nap(n) for n in range(4)))\nnote(asyncio.run(several()))",
    "asyncio.run(racing())",
    "asyncio.run(timing_out())",
    "asyncio.run(cancelling())",
    "async def guarded():\n    async with asyncio.timeout(600):\n        await flow.sleep.start(0.003)\n    note(time.time())\nasyncio.run(guarded())",
    "note(flow.sleep.start(0.002).result(timeout=600))",
    "call = flow.sleep.start(0.004)\npolls = 0\nwhile not call.done():\n    CALLS.poll()\n    polls += 1\nnote(polls)",
    "call = flow.sleep.start(0.002)\nwhile not call.done():\n    CALLS.next(1)\nnote(time.time())",
    "try:\n    flow.sleep.start(60).result(timeout=0.002)\nexcept TimeoutError:\n    note('no answer')",
    "call = flow.sleep.start(60)\ncall.cancel()\nnote(call.cancelled())",
    "print('a line')\nprint('no end', end='')\nnote('printed')",
    "note(kv('key').result())",
    "try:\n    kv('missing').result()\nexcept Exception as error:\n    note(type(error).__name__)",
    "try:\n    host.call_start(0, 7, '{\"name\": \"password\"}', b'')\nexcept host.Refused as refused:\n    note(json.loads(refused.args[0])['code'])",
    "try:\n    with flow.step('breaks'):\n        raise ValueError(str(random.random()))\nexcept ValueError as error:\n    note(str(error))",
    "host.call_start(0, 8, '{\"name\": \"file\", \"media_type\": \"text/plain\"}', b'bytes' * 10)\nnote('kept')",
    "end = time.time() + 0.003\nwhile time.time() < end: pass\nnote(time.time())",
    "note(datetime.datetime.now(datetime.UTC).isoformat())",
    "def slow():\n    with flow.step('outer'):\n        with flow.step('inner'):\n            flow.sleep(0.001)\n            note(random.random())\nslow()",
];

/// How a flow may end.
const ENDS: &[&str] = &[
    "return told",
    "return told",
    "return told",
    "flow.sleep.start(60)\nhost.span_start(0, 'left open', '{}', None)\nreturn told",
    "print('no end of a line', end='')\nreturn told",
];

/// A flow of several parts that returns what it noted.
pub(crate) fn generated(draw: &mut Draw) -> String {
    let mut source = HEAD.to_owned();
    for _ in 0..3 + draw.below(6) {
        source += &sluice_tests::indent(PARTS[draw.below(PARTS.len())], 4);
    }
    source += &sluice_tests::indent(ENDS[draw.below(ENDS.len())], 4);
    source
}

/// Every part once.
pub(crate) fn whole() -> String {
    let mut source = HEAD.to_owned();
    for part in PARTS {
        source += &sluice_tests::indent(part, 4);
    }
    source + "    return told\n"
}
