//! Nothing of one run is visible in another.

use serde_json::Value;
use sluice_tests::{Run, sandbox};

const RANDOM: &str = "
import os, random, secrets, uuid
from sluice import flow
@flow
def draw():
    return [random.random(), uuid.uuid4().hex, os.urandom(8).hex(), secrets.token_hex(4)]
";

#[tokio::test]
async fn two_instances_share_no_random_state() {
    let sandbox = sandbox();
    let first = Run::of(RANDOM).seed(1).on(&sandbox).await.output().clone();
    let second = Run::of(RANDOM).seed(2).on(&sandbox).await.output().clone();
    for (one, other) in
        first.as_array().into_iter().flatten().zip(second.as_array().into_iter().flatten())
    {
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn one_seed_draws_the_same_again() {
    let sandbox = sandbox();
    let first = Run::of(RANDOM).seed(1).on(&sandbox).await.output().clone();
    let second = Run::of(RANDOM).seed(1).on(&sandbox).await.output().clone();
    assert_eq!(first, second);
}

/// Leaves marks wherever Python keeps state.
const LEAVE: &str = "
import builtins, collections, json, os, random, re, sys, warnings
from sluice import flow

class Marked(Exception): pass

@flow
def leave():
    builtins.mark = json.mark = collections.Counter.mark = Marked
    sys.modules['mark'] = sys
    sys.path.append('mark')
    os.environ['MARK'] = '1'
    random.seed(4)
    re.compile('mark')
    warnings.simplefilter('error')
    sys.setrecursionlimit(50)
    return True
";

/// Looks for those marks.
const LOOK: &str = "
import builtins, collections, gc, json, os, re, sys, warnings
from sluice import flow

@flow
def look():
    return [name for name, there in {
        'builtins': hasattr(builtins, 'mark'),
        'json': hasattr(json, 'mark'),
        'counter': hasattr(collections.Counter, 'mark'),
        'modules': 'mark' in sys.modules,
        'path': 'mark' in sys.path,
        'environ': 'MARK' in os.environ,
        'regexes': any(key[1] == 'mark' for key in re._cache),
        'warnings': any(entry[0] == 'error' for entry in warnings.filters),
        'recursion': sys.getrecursionlimit() == 50,
        'classes': any(c.__name__ == 'Marked' for c in Exception.__subclasses__()),
    }.items() if there]
";

#[tokio::test]
async fn nothing_of_a_run_is_left_in_the_slot_that_the_next_one_gets() {
    let sandbox = sandbox();
    for _ in 0..8 {
        let left = Run::of(LEAVE).on(&sandbox).await;
        assert_eq!(left.output(), true);
        let looked = Run::of(LOOK).on(&sandbox).await;
        assert_eq!(looked.output(), &Value::Array(Vec::new()));
    }
}
