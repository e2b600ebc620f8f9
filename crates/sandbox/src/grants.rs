//! Grants: what a guest may ask for, kept and checked on this side.

use sluice_model::{Capability, Code, Failure, Request, Taken, intersection};

/// The grants of one run. A call must be allowed by each of them, and by each open step's own list.
#[derive(Debug)]
pub(crate) struct Grants {
    granted: Vec<Capability>,
    /// What would be granted if the tenant had it.
    withheld: Vec<Capability>,
    uses: Vec<Capability>,
}

/// Who holds a list that refuses a call.
enum Holder<'a> {
    Flow,
    Tenant,
    Starter,
    Step(&'a str),
}

impl Grants {
    pub(crate) fn new(
        granted: Vec<Capability>,
        withheld: Vec<Capability>,
        uses: Vec<Capability>,
    ) -> Grants {
        Grants { granted, withheld, uses }
    }

    /// What holds within steps with these lists: what a child run may do at most.
    pub(crate) fn effective<'a>(
        &self,
        steps: impl Iterator<Item = (&'a str, &'a [Capability])>,
    ) -> Vec<Capability> {
        let all = intersection(&self.granted, &self.uses);
        steps.fold(all, |held, (_, narrower)| intersection(&held, narrower))
    }

    /// Whether a person has to allow the call first. Refuses a call that is not granted, and says what would
    /// grant it. `steps` holds the name and the list of each open step that has one, innermost first.
    pub(crate) fn check<'a>(
        &self,
        request: &Request,
        steps: impl Iterator<Item = (&'a str, &'a [Capability])>,
    ) -> Result<bool, Box<Failure>> {
        let checked = request.with_need(|need| {
            let mut all = Taken::by(&self.uses, need);
            if all == Taken::Refused {
                return Err((Holder::Flow, self.uses.as_slice()));
            }
            all = all.min(Taken::by(&self.granted, need));
            if all == Taken::Refused && Taken::by(&self.withheld, need) != Taken::Refused {
                return Err((Holder::Tenant, &self.granted));
            } else if all == Taken::Refused {
                return Err((Holder::Starter, &self.granted));
            }
            for (step, held) in steps {
                all = all.min(Taken::by(held, need));
                if all == Taken::Refused {
                    return Err((Holder::Step(step), held));
                }
            }
            Ok(all == Taken::WithApproval)
        });
        match checked {
            None => Ok(false),
            Some(Ok(needs_approval)) => Ok(needs_approval),
            Some(Err((holder, held))) => Err(Box::new(refusal(request, &holder, held))),
        }
    }
}

/// Why a call is refused by whoever holds that list, and what would let it be made.
fn refusal(request: &Request, holder: &Holder<'_>, held: &[Capability]) -> Failure {
    let wide = request.capability();
    // What comes near is held for something else about the call: its path, its method, its arguments.
    let near = wide.as_ref().and_then(|wide| held.iter().find(|held| held.meet(wide).is_some()));
    let needed = if near.is_some() { request.exact_capability() } else { wide };
    let needed = needed.map(|needed| needed.to_string()).unwrap_or_default();
    let mut hint = match holder {
        Holder::Flow => format!("Add \"{needed}\" to the flow's `uses`."),
        Holder::Tenant => format!("The tenant has no \"{needed}\": ask whoever runs this Sluice."),
        Holder::Starter => format!("Whoever starts the run must grant it: `--grant {needed}`."),
        Holder::Step(step) => {
            let step: String = step.chars().take(80).collect();
            format!("Add \"{needed}\" to the `uses` of the step {step:?}.")
        }
    };
    if let Some(near) = near {
        hint = format!("`{near}` is held, and does not allow this call. {hint}");
    }
    Failure::new(Code::CapabilityDenied, format!("`{needed}` is not granted"))
        .hint(hint)
        .detail("capability", needed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::CallKind;

    use super::*;

    fn words(words: &[&str]) -> Vec<Capability> {
        words.iter().map(|word| word.parse().expect(word)).collect()
    }

    fn send(to: &str) -> Request {
        let arguments = json!({"service": "mail", "method": "send", "params": {"to": to}});
        let serde_json::Value::Object(arguments) = arguments else { panic!("it is an object") };
        Request::parse(CallKind::Rpc, arguments).expect("it is a call")
    }

    #[test]
    fn the_narrowest_list_decides_and_the_refusal_names_it() {
        let grants = Grants::new(words(&["rpc:*"]), Vec::new(), words(&["rpc:mail.*"]));
        let step = words(&["rpc:mail.send(to=*@ours.example)"]);
        let check = |request: &Request, list: &[Capability]| {
            grants.check(request, [("notify", list)].into_iter()).map_err(|refused| refused.hint)
        };
        assert_eq!(check(&send("ada@ours.example"), &step), Ok(false));
        let hint = check(&send("eve@theirs.example"), &step).expect_err("it is refused");
        let hint = hint.unwrap_or_default();
        assert!(hint.starts_with("`rpc:mail.send(to=*@ours.example)` is held"), "{hint}");
        assert!(hint.contains("step \"notify\""), "{hint}");
    }

    #[test]
    fn a_person_is_asked_where_no_word_of_a_list_allows_a_call_freely() {
        let asked = words(&["rpc:mail.*?approve"]);
        let grants = |granted: &[Capability]| {
            Grants::new(granted.to_vec(), Vec::new(), words(&["rpc:mail.*"]))
                .check(&send("ada"), std::iter::empty())
                .ok()
        };
        assert_eq!(grants(&asked), Some(true));
        let both = [asked.as_slice(), &words(&["rpc:mail.send(to=ada)"])].concat();
        assert_eq!(grants(&both), Some(false));
    }
}
