//! native addon
