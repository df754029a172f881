// gh, glab, hub, tea: the forge that the person is logged in to, unless a word or variable names another host (gh help environment: GH_HOST,
// GH_REPO; `-R [HOST/]OWNER/REPO`; `gh api URL`). What is read from the person's own forge policy may permit plainly, so every other way
// to say a host counts here.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

// [HOST/]OWNER/REPO or a URL. What is not wholly known may name a host, unless the person chose it.
void Repository(Context& c, const Word& word) {
  if (word.text.find("://") != std::string::npos) return c.Connect(word, "");
  const auto slashes = std::count(word.text.begin(), word.text.end(), '/');
  if (slashes >= 2) return c.ConnectHost(Exactly(word.text.substr(0, word.text.find('/')), word.span), 443);
  if (word.exact() || word.ambient != Ambient::kNo) return;
  c.Add(Op::kConnect, "?", word.span);
}

}  // namespace

Then DescribeForge(Context& c, const Parsed& p) {
  for (const Given* given : p.All("--hostname"))
    if (given->value) c.ConnectHost(*given->value, 443);
  for (const Given* given : p.All("-R --repo"))
    if (given->value) Repository(c, *given->value);
  for (const std::string_view name : {"GH_HOST", "GITLAB_HOST", "GITLAB_URI", "GITLAB_API_HOST", "GL_HOST", "GLAB_HOST", "GITHUB_HOST", "GITEA_SERVER_URL"})
    if (const Word* value = c.Variable(name)) value->text.find("://") != std::string::npos ? c.Connect(*value, "") : c.ConnectHost(*value, 443);
  if (const Word* value = c.Variable("GH_REPO")) Repository(c, *value);
  for (const Given* given : p.All("-q --jq"))
    if (given->value) JqFilter(c, *given->value);
  if (p.sub() != "api" || p.arguments.empty()) return Then::kTable;
  const Word& endpoint = p.arguments.front();
  if (endpoint.text.find("://") != std::string::npos) {
    c.Connect(endpoint, "");
  } else if (!endpoint.exact() && endpoint.text.empty() && endpoint.ambient == Ambient::kNo) {
    c.Add(Op::kConnect, "?", endpoint.span);  // it may be a whole URL
  }
  return Then::kTable;
}

}  // namespace checkrein::analysis
