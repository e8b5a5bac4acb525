//! A ledger that survives every crash of the test: records in memory, so that thousands of runs cost no disk, and the
//! proof of life of the folder ledger, since only the ledger's own room makes one.

use std::path::Path;

use idac::ledger::{Folder, Ledger, LedgerError, Life, Presence, Record, Sealed};

use super::crash::Switch;

pub(super) struct Chain<'a> {
    records: &'a mut Vec<Sealed>,
    lives: Folder,
    switch: &'a Switch,
}

impl<'a> Chain<'a> {
    pub(super) fn new(
        records: &'a mut Vec<Sealed>,
        folder: &Path,
        switch: &'a Switch,
    ) -> Chain<'a> {
        Chain {
            records,
            lives: Folder::open(folder),
            switch,
        }
    }
}

impl Ledger for Chain<'_> {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        Ok(self.records.last().cloned())
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        let at = usize::try_from(epoch).expect("a small number") - 1;
        Ok(self.records[at].clone())
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        let tip = self.records.last();
        assert_eq!(
            record.epoch,
            self.records.len() as u64 + 1,
            "records are numbered"
        );
        assert_eq!(
            record.previous.as_ref(),
            tip.map(|tip| &tip.digest),
            "records are chained"
        );
        self.switch
            .record(|| self.records.push(Sealed::new(record.clone())))
    }

    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError> {
        self.lives.begin(nonce)
    }

    fn life(&self, nonce: &str) -> Result<Life, LedgerError> {
        self.lives.life(nonce)
    }
}
