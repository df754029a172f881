// The kernel this process runs on, asked by trying (features.h).
#pragma once

#include "sandbox/features.h"

namespace checkrein::sandbox {

class LiveKernel : public Kernel {
 public:
  int TryUserNamespaces() override;
  int TryMountApi() override;
  int TryProc() override;
  int TryOverlay() override;
  int TrySeccomp() override;
  int LandlockAbi() override;
  std::string Setting(std::string_view name) override;
};

}  // namespace checkrein::sandbox
