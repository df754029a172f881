#include "monitor/publication.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

const std::vector<std::string> kNpm = {"exec:/usr/bin/npm", "connect:registry:npm", "push:registry:npm"};
const std::vector<std::string> kTwine = {"exec:/usr/bin/twine", "connect:registry:pip", "push:registry:pip"};
const std::vector<std::string> kDocker = {"exec:/usr/bin/docker", "push:reg.example/x:1", "connect:registry:docker"};
const std::vector<std::string> kGit = {"exec:/usr/bin/git", "connect:remote:origin", "push:origin"};

struct Case {
  const char* command;
  const std::vector<std::string>& effects;
  std::vector<std::string> what;   // {"-"}: refused with advice
};

TEST(Publication, IsWhatPlainWordsName) {
  const Case cases[] = {
      {"npm publish ./x-1.0.0.tgz", kNpm, {"./x-1.0.0.tgz"}},
      {"npm publish x.tgz --access public --tag=next", kNpm, {"x.tgz"}},
      {"npm publish", kNpm, {"-"}},
      {"npm publish ./dir", kNpm, {"-"}},
      {"npm publish ./evil --tag x.tgz", kNpm, {"-"}},
      {"npm publish ./evil x.tgz", kNpm, {"-"}},
      {"npm publish x.tgz --prefix /elsewhere", kNpm, {"-"}},
      {"npm --prefix /elsewhere publish x.tgz", kNpm, {"-"}},
      {"npm pack && npm publish x.tgz", kNpm, {"-"}},
      {"cd /elsewhere; npm publish x.tgz", kNpm, {"-"}},
      {"npm publish \"x.tgz\"", kNpm, {"-"}},
      {"npm publish $X", kNpm, {"-"}},
      {"PREFIX=/x npm publish x.tgz", kNpm, {"-"}},
      {"sudo npm publish x.tgz", kNpm, {"-"}},
      {"npm publish x.tgz\nnpm publish y.tgz", kNpm, {"-"}},
      {"twine upload dist/a.whl dist/a.tar.gz -r pypi", kTwine, {"dist/a.whl", "dist/a.tar.gz"}},
      {"twine upload dist/*", kTwine, {"-"}},
      {"twine upload", kTwine, {"-"}},
      {"docker push reg.example/x:1", kDocker, {"reg.example/x:1"}},
      {"docker push --all-tags reg.example/x", kDocker, {"-"}},
      {"docker -H tcp://elsewhere.example push x", kDocker, {"-"}},
      {"git push", kGit, {}},
      {"git push --force-with-lease origin main", kGit, {}},
      {"git -C /elsewhere push", kGit, {"-"}},
      {"git commit -m x && git push", kGit, {"-"}},
      {"GIT_DIR=/elsewhere git push", kGit, {"-"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.command);
    const std::optional<Publication> publication = PublicationOf(c.command, c.effects);
    ASSERT_TRUE(publication);
    if (c.what == std::vector<std::string>{"-"}) { EXPECT_NE(publication->advice, ""); }
    else { EXPECT_EQ(publication->advice, ""); }
    if (publication->advice.empty()) { EXPECT_EQ(publication->what, c.what); }
  }
}

TEST(Publication, MayBeLedElsewhereByWhatWasKept) {
  const auto led = [](const char* command, const analysis::Past& past, std::vector<std::string_view> environment = {}) { return LeadsElsewhere(command, past, environment) != ""; };
  const auto named = [](const char* name) {
    analysis::Past past;
    past.names = {{name, analysis::Past::Name::Known::kExactly, "x", true}};
    return past;
  };
  analysis::Past function, lost;
  function.functions = {{"git", "git () { :; }"}};
  lost.lost = true;
  EXPECT_FALSE(led("git push", {}, {"PATH=/bin", "GIT_PAGER=cat", "CONTAINER_NAME=ci"}));
  EXPECT_FALSE(led("git push", named("GIT_PAGER")));
  EXPECT_FALSE(led("npm publish x.tgz", function));
  for (const char* name : {"GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG_COUNT", "(a)git", "(h)git"}) EXPECT_TRUE(led("/usr/bin/git push", named(name))) << name;
  EXPECT_TRUE(led("docker push x:1", named("DOCKER_HOST")));
  EXPECT_TRUE(led("git push", function));
  EXPECT_TRUE(led("git push", lost));
  EXPECT_TRUE(led("git push", {}, {"PATH=/bin", "GIT_DIR=/elsewhere"}));
}

TEST(Publication, IsNothingWhereNothingIsPublished) {
  EXPECT_FALSE(PublicationOf("npm test", {"exec:/usr/bin/npm", "unknown:project-code"}));
  EXPECT_FALSE(PublicationOf("npm dist-tag add x@1 y", kNpm));
  EXPECT_FALSE(PublicationOf("git fetch", {"exec:/usr/bin/git", "connect:remote:origin"}));
  EXPECT_FALSE(PublicationOf("cargo publish", {"exec:/usr/bin/cargo", "push:registry:cargo"}));
}

}  // namespace
}  // namespace checkrein::monitor
