//! The tenant in memory against what Microsoft documents: one case per behaviour, with the page named.
