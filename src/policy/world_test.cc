// The proofs take policies/world.cedar for granted: no request that is made from an effect may be one that it forbids.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "policy/decide.h"
#include "policy/shipped.h"

namespace checkrein::policy {
namespace {

constexpr const char* kParts[] = {"home", "user", "project", ".git", "hooks", "config", ".ssh", "id_rsa", "etc", "dev", "null", "sda", "tmp", "usr", "lib", ".env", ".config", "checkrein", ".local", "state", "log", "node_modules",
                                  ".github", "workflows", "a.yml", "var", "proc", "self", "environ", "boot", "objects", ".bashrc", ".aws", "credentials", "CLAUDE.md", ".vscode", "tasks.json", "run", "docker.sock", "policy", ".."};
constexpr const char* kHosts[] = {"a.example:443", "127.0.0.1:80", "localhost:3000", "169.254.169.254:80", "[::1]:22", "10.0.0.1:1", "?", "*:80", "model.example:443", "registry.example:443", "0.0.0.0:0"};
constexpr const char* kNames[] = {"npm:left-pad", "git:remote.origin.url", "checkrein:policy", "server/tool", "sudo", "/usr/bin/sudo", "bash", "?", "stdin-script", "origin", "git@a.example:b/c.git"};

class Effects {
 public:
  explicit Effects(uint64_t seed) : random_(seed) {}
  Effect Next() {
    const Op op = kAllOps[random_() % std::size(kAllOps)];
    if (op == Op::kConnect || op == Op::kListen || op == Op::kPush) return {op, One(kHosts), {}};
    if (op != Op::kRead && op != Op::kWrite && op != Op::kDelete) return {op, One(kNames), {}};
    if (random_() % 40 == 0) return {op, "?", {}};
    std::string path = random_() % 3 == 0 ? "/home/user" : random_() % 3 == 0 ? "/home/user/project" : "";
    for (size_t n = random_() % 5; n > 0; --n) path += std::string("/") + One(kParts);
    if (path.empty()) path = "/";
    if (random_() % 3 == 0) path += path == "/" ? "**" : "/**";
    return {op, path, {}};
  }
  size_t Below(size_t n) { return random_() % n; }

 private:
  template <typename T, size_t N>
  std::string One(const T (&pool)[N]) {
    return pool[random_() % N];
  }
  std::mt19937_64 random_;
};

TEST(World, HoldsOfEveryRequestThatIsMade) {
  // As policies, its sentences forbid whatever breaks them.
  const Result<PolicySet> set = PolicySet::Load("observe", {{"world.cedar", std::string(ShippedText("world.cedar"))}}, {});
  ASSERT_TRUE(set) << set.error().text;
  const std::vector<std::string> shipped = PolicySet::Shipped("observe")->Ids();
  Effects effects(7);
  DeclaredPlaces personal;
  for (const char* pattern : {"vendor", "~/project/log", "**/a.yml", "/etc"}) ASSERT_TRUE(personal.Add(pattern, DeclaredPlaces::From::kPerson));
  size_t allowed = 0;
  for (int i = 0; i < 8'000; ++i) {
    Circumstances c;
    c.coverage = Coverage::kFull;
    c.depth = static_cast<int>(effects.Below(3));
    c.model_hosts = {"model.example"};
    c.registries = {"registry.example"};
    if (effects.Below(4) == 0) c.workspace = "/home/user";
    if (effects.Below(4) == 0) c.state_dir = "/var/lib/checkrein", c.config_dir = "/home/user/project/conf";
    if (effects.Below(2) == 0) c.personal = &personal;
    const Effect effect = effects.Next();
    EffectSet one;
    one.Add(effect);
    const Decision decision = set->Decide(one, c);
    allowed += decision.verdict == Verdict::kAllow ? 1u : 0u;
    for (const std::string& id : decision.policies)
      ASSERT_TRUE(std::find(shipped.begin(), shipped.end(), id) != shipped.end()) << id << " says that this cannot be: " << OpName(effect.op) << ":" << effect.object;
    ASSERT_FALSE(decision.incident) << decision.why;
  }
  EXPECT_GT(allowed, 4'000u);
}

// The test above must be able to fail.
TEST(World, AFalseSentenceIsNoticed) {
  const Result<PolicySet> set = PolicySet::Load("observe", {{"false.cedar", "@id(\"false\") forbid (principal, action, resource is Path) unless { resource.exact };"}}, {});
  ASSERT_TRUE(set) << set.error().text;
  EffectSet one;
  one.Add({Op::kRead, "/tmp/**", {}});
  Circumstances c;
  c.coverage = Coverage::kFull;
  EXPECT_EQ(set->Decide(one, c).policies, std::vector<std::string>{"false"});
}

}  // namespace
}  // namespace checkrein::policy
