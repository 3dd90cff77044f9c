//! The write side: validates, authenticates, decides, appends. Reads no read table.

pub mod execute;
