//! Authority at the edge: what a token may be used for, and the roles that people think in. What a
//! flow may do is another matter: those are capabilities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One kind of thing that a token may be used for, within its tenant unless it says otherwise.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read everything of the tenant.
    Read,
    /// Start, cancel and rerun runs.
    Run,
    /// Save flows, write keys and values, import records.
    Write,
    /// Answer questions.
    Answer,
    /// Manage the tenant's own tokens, see its audit and its usage.
    Tenant,
    /// Manage all tenants, see the metrics of the process.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 6] =
        [Scope::Read, Scope::Run, Scope::Write, Scope::Answer, Scope::Tenant, Scope::Admin];

    /// The word that stands for it in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Run => "run",
            Scope::Write => "write",
            Scope::Answer => "answer",
            Scope::Tenant => "tenant",
            Scope::Admin => "admin",
        }
    }

    /// The scope that the word stands for.
    pub fn of_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A set of scopes that somebody's work needs. Each role has all that the ones before it have.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Starts runs and answers questions, too.
    Operator,
    /// Writes flows, too.
    Author,
    /// Manages the tenant, too.
    Owner,
    /// Manages all tenants, too.
    Administrator,
}

impl Role {
    /// Every role, the one with the least authority first.
    pub const ALL: [Role; 5] =
        [Role::Viewer, Role::Operator, Role::Author, Role::Owner, Role::Administrator];

    /// What it may do.
    pub fn scopes(self) -> &'static [Scope] {
        use Scope::{Admin, Answer, Read, Run, Tenant, Write};
        match self {
            Role::Viewer => &[Read],
            Role::Operator => &[Read, Run, Answer],
            Role::Author => &[Read, Run, Answer, Write],
            Role::Owner => &[Read, Run, Answer, Write, Tenant],
            Role::Administrator => &[Read, Run, Answer, Write, Tenant, Admin],
        }
    }

    /// The word that stands for it in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Author => "author",
            Role::Owner => "owner",
            Role::Administrator => "administrator",
        }
    }

    /// The role that the word stands for.
    pub fn of_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_the_store() {
        for scope in Scope::ALL {
            assert_eq!(Scope::of_word(scope.as_str()), Some(scope));
            assert_eq!(serde_json::to_value(scope).expect("it is JSON"), scope.as_str());
        }
        for role in Role::ALL {
            assert_eq!(Role::of_word(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).expect("it is JSON"), role.as_str());
        }
        assert_eq!(Scope::of_word("Read"), None);
    }

    #[test]
    fn each_role_has_all_that_the_one_before_has() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (pair[0].scopes(), pair[1].scopes());
            assert!(less.iter().all(|scope| more.contains(scope)), "{pair:?}");
            assert!(more.len() > less.len(), "{pair:?}");
        }
    }
}
