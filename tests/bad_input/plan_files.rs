//! Plans that are not what `idac plan --out` wrote, or not for this.

use idac::digest::Digest;
use idac::plan::Plan;
use serde_json::{Value, json};

use super::world::World;

const FILE: &str = "identities/payments.yaml";
const APPLY: &[&str] = &["apply", "--plan", "plan.json", "--yes"];
const GROUP: &str = "group/operators";

/// A world with a plan in a file: a new application with an owner and a property for later, and a changed group.
fn planned(case: &str) -> World {
    World::of(case)
        .edit(FILE, "displayName: Operators", "displayName: Ops")
        .write(
            "identities/shop.yaml",
            "kind: application\nname: shop\ndisplayName: Shop\nidentifierUris: [ \"api://${self.appId}\" ]\n\
             owners: [ user/ana@contoso.com ]\n",
        )
        .first(&["plan", "--out", "plan.json"])
}

/// Sets what a pointer points at.
fn set(plan: &mut Value, pointer: &str, value: Value) {
    *plan
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("the plan has no {pointer}")) = value;
}

/// Edits the plan, and makes its digest fit, as somebody would who means it.
fn forge(world: World, edit: impl FnOnce(&mut Value)) -> World {
    let mut file: Value = serde_json::from_slice(&world.read("plan.json")).expect("JSON");
    let before = file.clone();
    edit(&mut file["plan"]);
    assert_ne!(file, before, "nothing was edited");
    let digest = match serde_json::from_value::<Plan>(file["plan"].clone()) {
        Ok(plan) => plan.digest(),
        Err(_) => Digest::of(&file["plan"]),
    };
    file["digest"] = serde_json::to_value(digest).expect("a digest");
    world.write("plan.json", file.to_string())
}

#[test]
fn a_plan_with_a_digest_that_does_not_fit() {
    planned("plan-edited")
        .edit("plan.json", "\"Ops\"", "\"Administrators\"")
        .refuses(1, APPLY)
        .says_what_is_expected();
}

/// What is edited, where, and what stands there then.
type Forgery = (&'static str, &'static str, fn() -> Value);

/// One edit each; every one has a digest that fits.
const FORGERIES: &[Forgery] = &[
    ("another tenant", "/basis/tenant", || {
        json!("11111111-3c0b-4a57-9d0e-2b7c55f0a1c4")
    }),
    ("another environment", "/basis/environment", || {
        json!("prod")
    }),
    (
        "an environment that leads elsewhere",
        "/basis/environment",
        || json!("../../etc"),
    ),
    ("another version of idac", "/basis/version", || {
        json!("9.9.9")
    }),
    ("another declaration", "/basis/declaration", || {
        json!(format!("sha256:{}", "0".repeat(64)))
    }),
    ("another snapshot", "/basis/snapshot", || {
        json!(format!("sha256:{}", "0".repeat(64)))
    }),
    ("nothing observed", "/basis/observed", || json!({})),
    (
        "something else observed",
        "/basis/observed",
        || json!({ "x/../y": format!("sha256:{}", "0".repeat(64)) }),
    ),
    ("step 0", "/steps/0/id", || json!(0)),
    ("step 4294967296", "/steps/0/id", || {
        json!(4_294_967_296_u64)
    }),
    ("step 2 twice", "/steps/0/id", || json!(2)),
    ("a step that waits for itself", "/steps/1/after", || {
        json!([2])
    }),
    (
        "a step that waits for a later one",
        "/steps/1/after",
        || json!([3]),
    ),
    (
        "a step that waits for one that is not there",
        "/steps/1/after",
        || json!([99]),
    ),
    ("a step that waits for step 0", "/steps/1/after", || {
        json!([0])
    }),
    ("a step that waits for nothing", "/steps/1/after", || {
        json!([])
    }),
    ("an entity that is none", "/steps/0/entity", || {
        json!("users")
    }),
    ("an entity that leads elsewhere", "/steps/0/entity", || {
        json!("../groups")
    }),
    ("another entity", "/steps/0/entity", || json!("group")),
    ("a subject that leads elsewhere", "/steps/0/subject", || {
        json!("application/../../x")
    }),
    (
        "a subject that a terminal would obey",
        "/steps/0/subject",
        || json!("application/\u{1b}[2J"),
    ),
    (
        "another target",
        "/steps/3/action/update/target/existing",
        || json!("11111111-3c0b-4a57-9d0e-2b7c55f0a1c4"),
    ),
    (
        "a target that leads elsewhere",
        "/steps/3/action/update/target/existing",
        || json!("x/../../users/ana@contoso.com"),
    ),
    (
        "a target with a query",
        "/steps/3/action/update/target/existing",
        || json!("x?$select=id"),
    ),
    (
        "a target that is a link",
        "/steps/3/action/update/target/existing",
        || json!("x/members/y/$ref"),
    ),
    (
        "a target that no step makes",
        "/steps/1/action/update/target/planned",
        || json!("application/none"),
    ),
    (
        "a relation that leads elsewhere",
        "/steps/2/action/link/relation",
        || json!("../../groups"),
    ),
    (
        "another value",
        "/steps/3/action/update/will/displayName",
        || json!("Administrators"),
    ),
    (
        "another value before",
        "/steps/3/action/update/was/displayName",
        || json!("\u{1b}[2J\u{202e}Administrators"),
    ),
    (
        "an inverse that does not undo",
        "/steps/3/inverse",
        || json!({ "irreversible": "trust me" }),
    ),
    ("another reason", "/steps/3/reason", || json!("undeclared")),
    ("less risk", "/steps/2/risk", || json!("none")),
    (
        "another lane",
        "/steps/3/lane",
        || json!({ "planned": "application/shop" }),
    ),
    ("no steps", "/steps", || json!([])),
    ("nothing left alone", "/leftAlone", || json!([])),
    ("no objects", "/objects", || json!({})),
    (
        "an object without protection",
        "/objects",
        || json!({ "group/x": 1 }),
    ),
];

#[test]
fn a_plan_with_a_digest_that_fits_and_one_thing_edited() {
    let mut world = planned("plan-forged");
    let whole = world.read("plan.json");
    for (what, pointer, value) in FORGERIES {
        world = forge(world.write("plan.json", &whole).note(what), |plan| {
            set(plan, pointer, value());
        });
        world = world.refuses(1, APPLY);
    }
    world.says_what_is_expected();
}

#[test]
fn a_plan_with_more_less_or_other_steps() {
    let mut world = planned("plan-forged-steps");
    let whole = world.read("plan.json");
    let group = |plan: &Value| plan["objects"][GROUP]["target"].clone();
    type Edit<'a> = (&'a str, Box<dyn Fn(&mut Value)>);
    let edits: Vec<Edit<'_>> = vec![
        ("a step less", Box::new(|plan| drop(steps(plan).pop()))),
        (
            "steps in another order",
            Box::new(|plan| steps(plan).reverse()),
        ),
        (
            "steps in another order, numbered anew",
            Box::new(|plan| {
                steps(plan).swap(2, 3);
                set(plan, "/steps/2/id", json!(3));
                set(plan, "/steps/3/id", json!(4));
            }),
        ),
        (
            "a group that is deleted",
            Box::new(move |plan| {
                let mut step = plan["steps"][3].clone();
                step["id"] = json!(5);
                let was =
                    json!({ "entity": "group", "id": group(plan)["existing"], "properties": {} });
                step["action"] = json!({ "delete": { "target": group(plan), "was": was } });
                step["inverse"] = json!("restoreDeleted");
                steps(plan).push(step);
            }),
        ),
        (
            "an object of the recycle bin",
            Box::new(|plan| {
                set(
                    plan,
                    "/steps/0/action/create",
                    json!({ "properties": {}, "revive": "../../users/x" }),
                );
            }),
        ),
        (
            "a key that no plan has",
            Box::new(|plan| plan["hello"] = json!(1)),
        ),
    ];
    for (what, edit) in edits {
        world = forge(world.write("plan.json", &whole).note(what), edit);
        world = world.refuses(1, APPLY);
    }
    world.says_what_is_expected();
}

fn steps(plan: &mut Value) -> &mut Vec<Value> {
    plan["steps"].as_array_mut().expect("a plan has steps")
}

#[test]
fn files_that_are_no_plans() {
    let mut world = World::of("no-plan").refuses(1, APPLY);
    for (what, bytes) in [
        ("an empty file", Vec::new()),
        ("half a file", b"{\"idac\":\"plan/1\",\"digest\":".to_vec()),
        ("a list", b"[]".to_vec()),
        ("bytes that are no text", b"\xff\xfe{".to_vec()),
        ("another form", b"{\"idac\":\"plan/9\"}".to_vec()),
        ("YAML", b"idac: plan/1\n".to_vec()),
        (
            "a form twice",
            b"{\"idac\":\"plan/1\",\"idac\":\"plan/1\"}".to_vec(),
        ),
        (
            "values without an end",
            format!("{{\"idac\":\"plan/1\",\"plan\":{}", "[".repeat(100_000)).into_bytes(),
        ),
    ] {
        world = world.write("plan.json", bytes).note(what).refuses(1, APPLY);
    }
    world = world.remove("plan.json");
    std::fs::create_dir(world.path("plan.json")).expect("a folder");
    world
        .note("a folder")
        .refuses(1, APPLY)
        .says_what_is_expected();
}

#[test]
fn a_plan_for_another_environment() {
    planned("plan-of-another-environment")
        .write("identities/environments/prod.yaml", "tenant: emulator\n")
        .refuses(1, &["apply", "--plan", "plan.json", "--yes", "-e", "prod"])
        .refuses(
            1,
            &[
                "apply",
                "--plan",
                "plan.json",
                "--yes",
                "-e",
                "../../sandbox",
            ],
        )
        .says_what_is_expected();
}

#[test]
fn a_plan_whose_declaration_moved() {
    planned("plan-declaration-moved")
        .edit(FILE, "displayName: Ops", "displayName: Operations")
        .refuses(1, APPLY)
        .says_what_is_expected();
}

#[test]
fn a_plan_whose_tenant_moved() {
    let world = planned("plan-tenant-moved");
    let whole = world.read(FILE);
    world
        .edit(FILE, "displayName: Ops", "displayName: \"Op` is `Ops\"")
        .first(&["apply", "--yes"])
        .write(FILE, whole)
        .refuses(1, APPLY)
        .says_what_is_expected();
}

#[test]
fn a_plan_that_is_applied_twice() {
    planned("plan-applied-twice")
        .first(APPLY)
        .refuses(1, APPLY)
        .says_what_is_expected();
}
