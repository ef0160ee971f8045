//! Drift, for people: the plan that would put it right, as what differs.

use crate::problem::printable;
use crate::render::plan;
use crate::render::text::count;
use crate::terminal::Page;
use sinops_core::action::Action;
use sinops_core::plan::Plan;
use sinops_core::release::Release;
use sinops_core::stack::Stack;

/// Everything that is not as the release has it; `changes` is how many actions mend it.
pub(crate) fn document(
    plan: &Plan,
    changes: usize,
    release: &Release,
    stack: &Stack,
    page: Page,
) -> String {
    let project = page.paint.strong(&printable(&plan.project));
    let number = release.number;
    if changes == 0 {
        return format!(
            "{} {project} runs as release {number} has it",
            page.paint.good("✓")
        );
    }
    let actions: Vec<&Action> = plan.actions.iter().map(|planned| &planned.action).collect();
    format!(
        "{project} on {} differs from release {number} of {}:\n\n{}\n\n\
         {}. Nothing was done; `sinops drift --repair` does this.",
        printable(&stack.engine),
        release.at,
        plan::tree(&actions, stack, page),
        count(changes, "action"),
    )
}
