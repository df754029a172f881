// Carries out the steps of step.h, and mounts. Rules of spawner.h.
#pragma once

#include "sandbox/image.h"

namespace checkrein::sandbox {

int RunStep(const RawStep& step, const int* trees, int* slots);  // 0 or an errno value; `trees` are for Do::kTakeTree

int DetachedProc(uint32_t attributes);  // a new /proc that is attached nowhere, or 0 - errno
int MountProc();
char* Decimal(char* buffer, unsigned value);  // without printf, into at least 12 bytes; returns where it ends

}  // namespace checkrein::sandbox
