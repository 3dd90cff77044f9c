//! Commands on parties: families who come together.

mod admit;

pub use admit::{
    AdmitParty, FamilyAdmitted, PartyAdmitted, PartyBand, PartyFamily, PartyWaiver, WristbandGiven,
};
