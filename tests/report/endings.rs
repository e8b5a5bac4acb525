//! How an apply ended.

use std::collections::BTreeMap;

use idac::execute::{Execution, Outcome, Stranded, Trouble};
use idac::plan::StepId;
use idac::report::{self, Format, Names};
use serde_json::json;

use super::sample::{address, plain, sample};

fn refusal() -> Trouble {
    serde_json::from_value(json!({
        "status": 403,
        "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation.",
        "requestId": "8f2e",
    }))
    .expect("a trouble")
}

fn ending(outcome: Outcome, stranded: Vec<Stranded>) -> String {
    let plan = sample();
    let execution = Execution {
        outcome,
        created: BTreeMap::new(),
        refused: (outcome != Outcome::Applied).then(|| (StepId(8), refusal())),
        stranded,
        requests: 12,
    };
    plain(&report::execution(
        &execution,
        &plan,
        &Names::of(&plan),
        Format::Text,
    ))
}

#[test]
fn an_apply_says_how_it_ended() {
    assert_eq!(
        ending(Outcome::Applied, Vec::new()),
        "Applied: sandbox is as declared. 10 steps, 12 requests.\n"
    );
    assert_eq!(
        ending(Outcome::RolledBack, Vec::new()),
        "\
Rolled back: sandbox is as it was before. A step was refused, and every step that took effect was undone.
  refused: step 8, set displayName, description of group/operators
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
Correct what was refused, then run `idac plan` again.
"
    );
}

#[test]
fn a_stranded_apply_says_what_stands_and_what_a_person_must_do() {
    let stranded = Stranded {
        step: StepId(2),
        subject: address("application/payments-api"),
        trouble: refusal(),
    };
    assert_eq!(
        ending(Outcome::Stranded, vec![stranded]),
        "\
Stranded: sandbox is neither as it was nor as declared. A step was refused, and one that took effect could not be undone.
  refused: step 8, set displayName, description of group/operators
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
  stands: step 2, add 33333333-0000-4000-8000-000000000001 to the owners of application/payments-api
    Graph: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request-id 8f2e)
    to do: remove 33333333-0000-4000-8000-000000000001 from the owners of application/payments-api
Nothing more is applied to this tenant until then: lift what refused the way back and run `idac recover`, which undoes the rest by itself; or do it by hand, and run `idac recover`.
"
    );
}

#[test]
fn what_idac_saw_for_itself_is_not_put_into_the_mouth_of_graph() {
    let seen = serde_json::from_value(json!({
        "status": null,
        "code": "changed-by-somebody-else",
        "message": "somebody else changed it",
        "requestId": null,
    }));
    let stranded = Stranded {
        step: StepId(8),
        subject: address("group/operators"),
        trouble: seen.expect("a trouble"),
    };
    let text = ending(Outcome::Stranded, vec![stranded]);
    assert!(
        text.contains("\n    idac: changed-by-somebody-else: somebody else changed it\n    to do: set back, in "),
        "{text}"
    );
}
