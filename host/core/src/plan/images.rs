//! Images that are there and may be made or fetched anew. What they come to decides
//! which containers are replaced, so that it has to be known before planning those.

use super::{Plan, PlannedAction};
use crate::action::Operation;
use crate::observed::Observed;
use crate::stack::Stack;

impl Plan {
    /// The pulls and builds alone, if one of them may put another image under a
    /// reference that containers are made from already.
    #[must_use]
    pub fn images_first(&self, stack: &Stack, observed: &Observed) -> Option<Self> {
        let here = |reference: &str| {
            let mut images = observed.images.iter();
            images.any(|image| image.reference == reference)
        };
        let renews = |planned: &PlannedAction| match &planned.action.operation {
            Operation::PullImage { image } => here(image),
            Operation::BuildImage { service } => stack
                .service(service)
                .and_then(|service| service.image.as_deref())
                .is_some_and(here),
            _ => false,
        };
        if !self.actions.iter().any(renews) {
            return None;
        }
        let actions = self.actions.iter().filter(|planned| {
            matches!(
                planned.action.operation,
                Operation::PullImage { .. } | Operation::BuildImage { .. }
            )
        });
        Some(Self {
            actions: actions
                .map(|planned| PlannedAction {
                    waits_for: Vec::new(),
                    ..planned.clone()
                })
                .collect(),
            tiers: Vec::new(),
            problems: Vec::new(),
            ..self.clone()
        })
    }
}

impl Stack {
    /// After pulls and builds: what is there is what is wanted.
    pub fn settle_images(&mut self) {
        for service in &mut self.services {
            if let Some(fields) = service.definition.as_object_mut() {
                fields.remove("pull_policy");
            }
        }
    }
}
