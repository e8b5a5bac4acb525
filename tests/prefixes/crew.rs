//! Many tries at once: each on a clock of its own that never waits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Builder;

/// Tries each, on as many threads as there are processors, and gives what was found wrong.
pub(super) fn try_each<T: Sync>(
    all: &[T],
    attempt: impl AsyncFn(&T) -> Result<(), String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let work = || {
        on_a_clock(async || {
            while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(complaint) = attempt(one).await {
                    complaints.lock().expect("nobody panics").push(complaint);
                }
            }
        });
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    complaints.into_inner().expect("nobody panics")
}

/// Nothing is wrong; the first few of it, if so.
pub(super) fn check(complaints: &[String]) {
    let few: Vec<&str> = complaints.iter().take(3).map(String::as_str).collect();
    assert!(
        few.is_empty(),
        "{} complaints\n{}",
        complaints.len(),
        few.join("\n")
    );
}

/// Runs something whose waits take no time.
pub(super) fn on_a_clock<T>(work: impl AsyncFnOnce() -> T) -> T {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work())
}
