#include "sandbox/features.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "sandbox/hooks.h"

namespace checkrein::sandbox {
namespace {

using ::testing::HasSubstr;

// A kernel that lacks what a case says.
class FakeKernel : public Kernel {
 public:
  std::map<FeatureId, int> errors;
  int abi = 7;
  std::map<std::string, std::string, std::less<>> settings;

  int TryUserNamespaces() override { return errors[FeatureId::kUserNamespaces]; }
  int TryMountApi() override { return errors[FeatureId::kMountApi]; }
  int TryProc() override { return errors[FeatureId::kProc]; }
  int TryOverlay() override { return errors[FeatureId::kOverlay]; }
  int TrySeccomp() override { return errors[FeatureId::kSeccomp]; }
  int LandlockAbi() override { return abi; }
  std::string Setting(std::string_view name) override {
    const auto it = settings.find(name);
    return it == settings.end() ? "" : it->second;
  }
};

const Feature& Of(const Features& features, FeatureId id) {
  for (const Feature& feature : features.all) {
    if (feature.id == id) return feature;
  }
  abort();
}

struct Case {
  FeatureId id;
  int error;
  int abi;
  const char* setting;
  const char* value;
  const char* detail;
  const char* mend;
};
const Case kCases[] = {
    {FeatureId::kUserNamespaces, ENOSPC, 7, "user/max_user_namespaces", "0", "switched off", "sysctl -w user.max_user_namespaces"},
    {FeatureId::kUserNamespaces, ENOSPC, 7, "user/max_user_namespaces", "100", "too many namespaces", "end other sandboxes"},
    {FeatureId::kUserNamespaces, EPERM, 7, "kernel/unprivileged_userns_clone", "0", "ordinary users", "sysctl -w kernel.unprivileged_userns_clone=1"},
    {FeatureId::kUserNamespaces, EPERM, 7, "kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor", "`userns,`"},
    {FeatureId::kUserNamespaces, EPERM, 7, "", "", "Operation not permitted", "outside the container"},
    {FeatureId::kMountApi, ENOSYS, 7, "", "", "open_tree", "Linux 5.19"},
    {FeatureId::kProc, EPERM, 7, "", "", "/proc", "container"},
    {FeatureId::kOverlay, EINVAL, 7, "", "", "overlay", "ext4"},
    {FeatureId::kLandlock, 0, -ENOSYS, "", "", "no Landlock", "lsm=landlock"},
    {FeatureId::kLandlock, 0, -EOPNOTSUPP, "", "", "switched off", "lsm=landlock"},
    {FeatureId::kLandlock, 0, 1, "", "", "older than ABI 2", "Linux 5.19"},
    {FeatureId::kSeccomp, EINVAL, 7, "", "", "system call filters", "CONFIG_SECCOMP_FILTER"},
};

TEST(Features, EachMissingOneIsNamedWithItsMending) {
  for (const Case& c : kCases) {
    FakeKernel kernel;
    kernel.errors[c.id] = c.error;
    kernel.abi = c.abi;
    kernel.settings[c.setting] = c.value;
    const Features features = ProbeFeatures(kernel);
    EXPECT_FALSE(features.complete());
    const Feature& feature = Of(features, c.id);
    EXPECT_FALSE(feature.present) << feature.name;
    EXPECT_THAT(feature.detail, HasSubstr(c.detail));
    EXPECT_THAT(feature.mend, HasSubstr(c.mend));
    for (const Feature& other : features.all) EXPECT_TRUE(other.id == c.id || other.present) << other.name;
  }
}

TEST(Features, AnOlderLandlockSaysWhatItLacks) {
  FakeKernel kernel;
  kernel.abi = 4;
  const Features features = ProbeFeatures(kernel);
  EXPECT_TRUE(features.complete());
  EXPECT_EQ(Of(features, FeatureId::kLandlock).detail, "ABI 4, without device ioctls, without scopes of signals and abstract sockets");
}

size_t ProbeDirectories() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/tmp")) count += entry.path().filename().string().starts_with("checkrein-probe-");
  return count;
}

TEST(Features, OfThisKernel) {
  g_hooks = {};
  const size_t before = ProbeDirectories();
  const Result<Features> features = ProbeFeatures();
  ASSERT_TRUE(features.ok());
  EXPECT_EQ(features->all.size(), std::size(kAllFeatures));
  for (const Feature& feature : features->all) EXPECT_TRUE(feature.present) << feature.name << ": " << feature.detail << "; " << feature.mend;
  EXPECT_LE(ProbeDirectories(), before) << "the probe leaves nothing behind";
}

}  // namespace
}  // namespace checkrein::sandbox
