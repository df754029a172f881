// What an action's record said beforehand, laid beside what its outcome says: the accounts of effect/reconcile.h, from our own records.
#pragma once

#include <string_view>

#include "base/json.h"
#include "effect/reconcile.h"
#include "monitor/record.h"

namespace checkrein::monitor {

// `action` is the record of the action; a null value when it cannot be read, and then nothing is claimed about it.
Reconciled ReconcileOutcome(const json::Value& action, const Outcome& outcome);

// The member `divergence` of an outcome's record: score, how much differs, and each reason with its points and evidence.
void SetDivergence(json::Value& record, const Reconciled& reconciled);

}  // namespace checkrein::monitor
