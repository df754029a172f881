#include "analysis/purpose/rules.h"

namespace checkrein::analysis {
namespace {

using enum Purpose;

constexpr ProgramPurpose kPrograms[] = {
    {"pytest", "", kTest},
    {"py.test", "", kTest},
    {"tox", "", kTest},
    {"nox", "", kTest},
    {"jest", "", kTest},
    {"vitest", "", kTest},
    {"mocha", "", kTest},
    {"ctest", "", kTest},
    {"rspec", "", kTest},
    {"phpunit", "", kTest},
    {"npm", "test t tst", kTest},
    {"npm", "publish unpublish deprecate dist-tag", kDeploy},
    {"npm", "install i ci add update uninstall remove audit dedupe link", kDeps},
    {"npm", "view search outdated ls list", kResearch},
    {"npm", "", kBuild},
    {"npx", "", kBuild},
    {"yarn", "test", kTest},
    {"yarn", "publish", kDeploy},
    {"yarn", "run build start dev lint", kBuild},
    {"yarn", "", kDeps},
    {"pnpm", "test t", kTest},
    {"pnpm", "publish", kDeploy},
    {"pnpm", "install i add update remove", kDeps},
    {"pnpm", "", kBuild},
    {"bun", "test", kTest},
    {"bun", "install add remove", kDeps},
    {"bun", "", kBuild},
    {"pip", "install uninstall download", kDeps},
    {"pip", "", kResearch},
    {"pip3", "install uninstall download", kDeps},
    {"pip3", "", kResearch},
    {"uv", "run", kBuild},
    {"uv", "publish", kDeploy},
    {"uv", "", kDeps},
    {"poetry", "run build", kBuild},
    {"poetry", "publish", kDeploy},
    {"poetry", "", kDeps},
    {"twine", "", kDeploy},
    {"cargo", "test nextest bench", kTest},
    {"cargo", "publish yank", kDeploy},
    {"cargo", "add remove update fetch install", kDeps},
    {"cargo", "search tree metadata", kResearch},
    {"cargo", "", kBuild},
    {"go", "test", kTest},
    {"go", "get mod install", kDeps},
    {"go", "list doc version env", kResearch},
    {"go", "", kBuild},
    {"make", "test check tests", kTest},
    {"make", "install", kAdmin},
    {"make", "deploy release publish", kDeploy},
    {"make", "", kBuild},
    {"mvn", "test verify", kTest},
    {"mvn", "deploy", kDeploy},
    {"mvn", "", kBuild},
    {"gradle", "test check", kTest},
    {"gradle", "publish", kDeploy},
    {"gradle", "", kBuild},
    {"dotnet", "test", kTest},
    {"dotnet", "add restore", kDeps},
    {"dotnet", "", kBuild},
    {"bazel", "test", kTest},
    {"bazel", "", kBuild},
    {"cmake", "", kBuild},
    {"ninja", "", kBuild},
    {"meson", "", kBuild},
    {"gcc", "", kBuild},
    {"g++", "", kBuild},
    {"cc", "", kBuild},
    {"c++", "", kBuild},
    {"clang", "", kBuild},
    {"clang++", "", kBuild},
    {"ld", "", kBuild},
    {"rustc", "", kBuild},
    {"javac", "", kBuild},
    {"tsc", "", kBuild},
    {"webpack", "", kBuild},
    {"vite", "", kBuild},
    {"git", "", kVcs},
    {"gh", "release", kDeploy},
    {"gh", "", kVcs},
    {"glab", "", kVcs},
    {"hg", "", kVcs},
    {"svn", "", kVcs},
    {"gem", "push", kDeploy},
    {"gem", "", kDeps},
    {"bundle", "exec", kBuild},
    {"bundle", "", kDeps},
    {"composer", "", kDeps},
    {"apt", "", kDeps},
    {"apt-get", "", kDeps},
    {"apk", "", kDeps},
    {"dnf", "", kDeps},
    {"yum", "", kDeps},
    {"brew", "", kDeps},
    {"conda", "", kDeps},
    {"docker", "push login", kDeploy},
    {"docker", "ps images logs inspect version info", kResearch},
    {"docker", "", kBuild},
    {"kubectl", "get describe logs explain top", kResearch},
    {"kubectl", "", kDeploy},
    {"helm", "", kDeploy},
    {"terraform", "fmt validate", kBuild},
    {"terraform", "", kDeploy},
    {"tofu", "", kDeploy},
    {"pulumi", "", kDeploy},
    {"ansible-playbook", "", kDeploy},
    {"aws", "", kDeploy},
    {"gcloud", "", kDeploy},
    {"az", "", kDeploy},
    {"vercel", "", kDeploy},
    {"netlify", "", kDeploy},
    {"fly", "", kDeploy},
    {"flyctl", "", kDeploy},
    {"heroku", "", kDeploy},
    {"scp", "", kDeploy},
    {"sudo", "", kAdmin},
    {"doas", "", kAdmin},
    {"su", "", kAdmin},
    {"systemctl", "", kAdmin},
    {"service", "", kAdmin},
    {"useradd", "", kAdmin},
    {"usermod", "", kAdmin},
    {"groupadd", "", kAdmin},
    {"passwd", "", kAdmin},
    {"mount", "", kAdmin},
    {"umount", "", kAdmin},
    {"iptables", "", kAdmin},
    {"nft", "", kAdmin},
    {"sysctl", "", kAdmin},
    {"modprobe", "", kAdmin},
    {"crontab", "", kAdmin},
    {"at", "", kAdmin},
    {"reboot", "", kAdmin},
    {"shutdown", "", kAdmin},
};

constexpr WordPurpose kWords[] = {
    {kTest, "test tests testing tested pytest coverage verify spec specs regression"},
    {kBuild, "build builds building compile* link linking bundle lint format formatting typecheck type-check"},
    {kDeps, "install* dependenc* package packages upgrade downgrade requirement* lockfile"},
    {kVcs, "commit* branch* merge* rebase stage stash checkout push pushing pull cherry-pick tag history blame pr diff"},
    {kDeploy, "deploy* release releas* publish* rollout roll-out production ship upload*"},
    {kAdmin, "service services daemon permission permissions user account systemd firewall mount kernel cron restart reboot sudo root"},
    {kEdit, "edit* write writ* creat* fix* refactor* add adds adding updat* implement* renam* replac* remov* delet* chang* insert* append* clean*"},
    {kResearch, "read* look* search* find* list* check* view* inspect* count* show* see print* explor* understand* examin* locat* display* get fetch download* analy* what which where how"},
};

}  // namespace

std::span<const ProgramPurpose> ProgramPurposes() { return kPrograms; }
std::span<const WordPurpose> WordPurposes() { return kWords; }

bool Expected(Purpose said, Purpose done) {
  switch (said) {
    case kUnknown:
      return false;
    case kResearch:
      return done == kResearch;
    case kEdit:
      return done <= kEdit;
    case kBuild:
    case kTest:
      return done <= kTest;
    case kVcs:
      return done <= kEdit || done == kVcs;
    case kDeps:
      return done <= kTest || done == kDeps;
    case kDeploy:
      return done <= kDeploy;
    case kAdmin:
      return true;
  }
  return false;
}

}  // namespace checkrein::analysis
