//! idac is killed at any moment, with SIGKILL, and `idac recover` ends it: hundreds of times, as real processes on
//! tenants on the disk.
//!
//! The tenant is read from its stored state, not by what idac observes. Moments are chosen by what the run says on
//! stderr of its requests, not by time: a fast machine and a slow one kill at the same points. `IDAC_KILLS` says how
//! many kills there are, `IDAC_SEED` which.

#![allow(clippy::print_stdout, reason = "it says what was hit")]
#![allow(clippy::disallowed_methods, reason = "a person may ask for more kills")]

#[path = "processes/place.rs"]
mod place;
#[path = "processes/stored.rs"]
mod stored;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;

use idac::ledger::{Folder, Ledger, RecordKind, State};
use place::{Place, Root, exits, stderr, stdout};

const KILLS: usize = 300;
const WORKERS: usize = 4;

/// What a run says when its intent is in the ledger.
const TAKEN: &str = "took the tenant";

/// Numbers that the same seed gives again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

/// How many lines a run says until it has the tenant, and in all.
#[derive(Clone, Copy, Debug)]
struct Lines {
    taken: usize,
    all: usize,
}

/// What the ledger said when the run was dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    Before,
    During,
    After,
}

#[derive(Debug, Default)]
struct Counts {
    hits: BTreeMap<Hit, usize>,
    recovers_killed: usize,
    journals_lost: usize,
    ended_before: usize,
    ended_after: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        for (hit, count) in other.hits {
            *self.hits.entry(hit).or_default() += count;
        }
        self.recovers_killed += other.recovers_killed;
        self.journals_lost += other.journals_lost;
        self.ended_before += other.ended_before;
        self.ended_after += other.ended_after;
    }
}

/// A tenant that goes back and forth between two declarations.
struct World {
    place: Place,
    dice: Dice,
    /// What the tenant holds when a declaration is applied.
    states: BTreeMap<&'static str, Vec<String>>,
    /// What a whole apply says, to A and to B.
    lines: BTreeMap<&'static str, Lines>,
    counts: Counts,
}

impl World {
    fn new(seed: u64) -> World {
        let mut world = World {
            place: Place::new(),
            dice: Dice(seed),
            states: BTreeMap::new(),
            lines: BTreeMap::new(),
            counts: Counts::default(),
        };
        world.place.write("slow.json", r#"{ "latency_ms": 1 }"#);
        let slow = ["emulator", "hardship", "--file", "slow.json"];
        exits(&world.place.idac(Root::A, &slow), 0);
        // The second round meets what the first left in the recycle bin, as all later ones do.
        for _ in 0..2 {
            for root in [Root::A, Root::B] {
                let child = world.place.start(root, &["apply", "--yes", "-vv"]);
                let said = read_to_end(child);
                world.lines.insert(root.folder(), said);
                let held = world.stored();
                assert_eq!(stored::twins(&held), Vec::<String>::new());
                world.states.insert(root.folder(), held);
            }
        }
        assert_ne!(world.states["a"], world.states["b"]);
        world
    }

    fn stored(&self) -> Vec<String> {
        stored::read(&self.place.state().join("tenant"))
    }

    /// Applies `to`, kills that, recovers, and gives what the tenant is then.
    fn kill(&mut self, to: Root) -> Root {
        let Lines { taken, all } = self.lines[to.folder()];
        // Most moments are those in which there is something to lose.
        let moment = match self.dice.below(10) {
            0 => self.dice.below(taken + 1),
            1 => all - 1 + self.dice.below(2),
            _ => taken + self.dice.below(all - taken),
        };
        let child = self.place.start(to, &["apply", "--yes", "-vv"]);
        kill_after(child, moment, self.dice.below(400));
        let hit = self.hit(to);
        *self.counts.hits.entry(hit).or_default() += 1;
        // The machine may be gone, and its disk with it.
        if hit == Hit::During && self.dice.below(6) == 0 {
            fs::remove_dir_all(self.place.state().join("journal")).expect("there is a journal");
            self.counts.journals_lost += 1;
        }
        while hit == Hit::During && self.dice.below(3) == 0 {
            let way = self.way();
            let moment = self.dice.below(60);
            let child = self
                .place
                .start(to, &[&["recover", "--yes", "-vv"], way].concat());
            kill_after(child, moment, self.dice.below(400));
            self.counts.recovers_killed += 1;
        }
        self.recover(to, hit, moment)
    }

    fn recover(&mut self, to: Root, hit: Hit, moment: usize) -> Root {
        let way = self.way();
        let output = self.place.idac(to, &[&["recover", "--yes"], way].concat());
        let told = format!(
            "{hit:?} at line {moment} on the way to {to:?}\n{}{}",
            stdout(&output),
            stderr(&output)
        );
        let held = self.stored();
        assert_eq!(stored::twins(&held), Vec::<String>::new(), "{told}");
        assert_eq!(self.state(), State::Idle, "{told}");
        let (end, code) = match held {
            held if held == self.states[to.folder()] => (to, 0),
            held if held == self.states[to.other().folder()] => (to.other(), 5),
            held => panic!("{told}\n{}", self.difference(&held, to)),
        };
        let code = if stdout(&output).contains("Nothing to recover") {
            0
        } else {
            code
        };
        assert_eq!(output.status.code(), Some(code), "{told}");
        match end == to {
            true => self.counts.ended_after += 1,
            false => self.counts.ended_before += 1,
        }
        end
    }

    fn way(&mut self) -> &'static [&'static str] {
        [&[][..], &["--back"]][self.dice.below(2)]
    }

    fn state(&self) -> State {
        let tip = self.ledger().tip().expect("the ledger is whole");
        State::of(tip.as_ref().map(|tip| &tip.record))
    }

    fn ledger(&self) -> Folder {
        Folder::open(&self.place.state().join("ledger"))
    }

    /// What the last record says of a run that is dead now.
    fn hit(&self, to: Root) -> Hit {
        let tip = self.ledger().tip().expect("the ledger is whole");
        match tip.expect("something was applied").record.kind {
            RecordKind::Intent { .. } => Hit::During,
            RecordKind::Receipt { .. } if self.stored() == self.states[to.folder()] => Hit::After,
            RecordKind::Receipt { .. } | RecordKind::Aborted { .. } => Hit::Before,
            RecordKind::Recovering { .. } | RecordKind::Dirty { .. } => {
                panic!("an apply left neither an intent nor an ending")
            }
        }
    }

    fn difference(&self, held: &[String], to: Root) -> String {
        let mut text = String::new();
        for root in [to, to.other()] {
            let wanted = &self.states[root.folder()];
            text.push_str(&format!("against {root:?}:\n"));
            for line in held.iter().filter(|line| !wanted.contains(line)) {
                text.push_str(&format!("  + {line}\n"));
            }
            for line in wanted.iter().filter(|line| !held.contains(line)) {
                text.push_str(&format!("  - {line}\n"));
            }
        }
        text
    }
}

/// Kills the run once it has said so many lines, and a little later: what it does next is part of the lot.
fn kill_after(mut child: Child, lines: usize, yields: usize) {
    let mut said = BufReader::new(child.stderr.take().expect("it was piped"));
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        if said.read_until(b'\n', &mut line).expect("it can be read") == 0 {
            break;
        }
    }
    for _ in 0..yields {
        std::thread::yield_now();
    }
    // It may have ended by itself.
    let _ = child.kill();
    let _ = said.read_to_end(&mut line);
    child.wait().expect("it is dead");
}

/// How many lines an apply says that nobody kills.
fn read_to_end(mut child: Child) -> Lines {
    let said = BufReader::new(child.stderr.take().expect("it was piped"));
    let lines: Vec<String> = said.lines().map(|line| line.expect("text")).collect();
    let ended = child.wait().expect("it ends");
    assert!(ended.success(), "{}", lines.join("\n"));
    let taken = lines.iter().position(|line| line.contains(TAKEN));
    Lines {
        taken: taken.expect("it takes the tenant") + 1,
        all: lines.len(),
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_before_or_after_and_never_between() {
    let kills = number("IDAC_KILLS", KILLS);
    let seed = number("IDAC_SEED", 20_260_101) as u64;
    let mut counts = Counts::default();
    let told: Vec<Counts> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                scope.spawn(move || {
                    let mut world = World::new(seed + 7919 * worker as u64);
                    let mut to = Root::A;
                    for _ in (worker..kills).step_by(WORKERS) {
                        to = world.kill(to).other();
                    }
                    world.counts
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("every tenant is before or after"))
            .collect()
    });
    told.into_iter().for_each(|one| counts.add(one));
    let of = |hit| counts.hits.get(&hit).copied().unwrap_or_default();
    let (before, during, after) = (of(Hit::Before), of(Hit::During), of(Hit::After));
    println!(
        "{kills} kills: {before} before the intent, {during} during the apply, {after} after the receipt; \
         {} recoveries killed too, {} journals lost; {} ended as before, {} as planned",
        counts.recovers_killed, counts.journals_lost, counts.ended_before, counts.ended_after
    );
    assert_eq!(before + during + after, kills);
    assert_eq!(counts.ended_before + counts.ended_after, kills);
    assert!(during * 3 > kills, "{during} of {kills} hit an apply");
}
