//! What goes wrong in a world.

use idac::emulator::{Flapping, Hardship, Lag, ScheduledRefusal};

use super::dice::Dice;

/// What goes wrong: nothing, what passes, or what does not.
pub(crate) fn draw(seed: u64, dice: &mut Dice) -> Hardship {
    let mut hardship = Hardship {
        seed,
        ..Hardship::default()
    };
    let choice = dice.below(10);
    if choice < 3 {
        return hardship;
    }
    if choice != 9 {
        if dice.falls(50) {
            let per_mille = [0, 20, 100];
            hardship.throttled_per_mille = *dice.one(&per_mille);
            hardship.retry_after_s = *dice.one(&[0, 1, 10]);
            hardship.unavailable_per_mille = *dice.one(&per_mille);
            hardship.lost_answer_per_mille = *dice.one(&per_mille);
            hardship.lost_request_per_mille = *dice.one(&per_mille);
        }
        hardship.create_lag = lag(dice);
        hardship.update_lag = lag(dice);
        hardship.mirror_lag = lag(dice);
    }
    if choice >= 6 {
        let first = dice.between(1, 25);
        let refusals = *dice.one(&[1, 1, 1, 2, 4]);
        for at in 0..refusals {
            let (status, code) = *dice.one(&[
                (403, "Authorization_RequestDenied"),
                (400, "Request_BadRequest"),
                (409, "Request_MultipleObjectsWithSameKeyValue"),
                (404, "Request_ResourceNotFound"),
            ]);
            hardship.refusals.push(ScheduledRefusal {
                nth: u32::try_from(first + at).expect("it is small"),
                method: None,
                path_contains: String::new(),
                status,
                code: code.to_owned(),
                message: "Refused on purpose.".to_owned(),
            });
        }
    }
    hardship
}

fn lag(dice: &mut Dice) -> Lag {
    if dice.falls(40) {
        return Lag::default();
    }
    Lag {
        requests: *dice.one(&[0, 1, 3, 8]),
        ms: *dice.one(&[0, 200, 3_000, 20_000]),
        flapping: *dice.one(&[Flapping::Steady, Flapping::Flapping]),
    }
}
