//! The one list of whom the server may call.

use std::collections::BTreeSet;

/// Hosts and ports named by the configuration. Empty: nobody is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(BTreeSet<(String, u16)>);

/// The host is not one that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host}:{port} is not among the hosts that may be called")]
pub struct NotAllowed {
    pub host: String,
    pub port: u16,
}

impl Allowed {
    /// Lets this host be called on this port, and on no other.
    pub fn add(&mut self, host: &str, port: u16) {
        self.0.insert((normal(host), port));
    }

    /// To be asked before every connection, with the very host that is connected to.
    pub fn admit(&self, host: &str, port: u16) -> Result<(), NotAllowed> {
        if self.0.contains(&(normal(host), port)) {
            Ok(())
        } else {
            Err(NotAllowed {
                host: host.to_owned(),
                port,
            })
        }
    }
}

fn normal(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_port_of_the_named_host_is_called() {
        let mut allowed = Allowed::default();
        assert!(allowed.admit("mail.example", 587).is_err());
        allowed.add("Mail.Example", 587);
        assert_eq!(allowed.admit("mail.example.", 587), Ok(()));
        assert!(allowed.admit("mail.example", 25).is_err());
        assert!(allowed.admit("mail.example.evil", 587).is_err());
        assert!(allowed.admit("127.0.0.1", 587).is_err());
    }
}
