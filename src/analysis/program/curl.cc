// curl, wget, aria2c: where they connect, what they send and where they put it.
#include "analysis/program/describe.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

// Data that names a file: @FILE, NAME@FILE (--data-urlencode), NAME=@FILE and NAME=<FILE (-F).
void DataFile(Context& c, const Word& value, std::string_view option) {
  if (!value.exact() && value.text.empty()) return c.Partial("what is sent is not known");
  size_t at = std::string::npos;
  if (option == "-F" || option == "--form") {
    const size_t equals = value.text.find('=');
    if (equals != std::string::npos && equals + 1 < value.text.size() && (value.text[equals + 1] == '@' || value.text[equals + 1] == '<')) at = equals + 2;
  } else if (option == "--data-urlencode" || option == "--url-query") {
    const size_t sign = value.text.find_first_of("@=");
    if (sign != std::string::npos && value.text[sign] == '@') at = sign + 1;
  } else if (value.text.starts_with('@')) {
    at = 1;
  }
  if (at == std::string::npos) return;
  Word file = Rest(value, at);
  if (option == "-F" || option == "--form")
    if (const size_t semicolon = file.text.find_first_of(";,"); semicolon != std::string::npos) file.text.resize(semicolon);
  if (!file.Is("-")) c.Path(Op::kRead, file);
}

// The last part of the URL's path, where -O writes.
void RemoteName(Context& c, const Word& url) {
  const auto target = url.exact() ? UrlTarget(url.text, "http") : std::nullopt;
  std::string name = target ? target->path.substr(0, target->path.find_first_of("?#")) : std::string();
  name = std::string(BaseName(name));
  if (name.empty() || name.find('%') != std::string::npos) {
    c.PathText(Op::kWrite, ".", url.span, Tree::kWhole);
  } else {
    c.PathText(Op::kWrite, name, url.span);
  }
}

// {a,b} and [1-9] in a host make several; curl does this itself.
bool HasGlob(const Word& url) {
  const std::string host = url.text.substr(0, url.text.find('/', url.text.find("://") == std::string::npos ? 0 : url.text.find("://") + 3));
  return host.find_first_of("{}") != std::string::npos || (host.find('[') != std::string::npos && host.find("::") == std::string::npos && host.find("[f") == std::string::npos);
}

}  // namespace

Then DescribeCurl(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const std::string_view name = p.name();
  if (p.Has("--help --version -V -h") && p.arguments.empty()) return Then::kDone;
  std::vector<Word> urls = p.arguments;
  for (const Given* given : p.All("--url"))
    if (given->value) urls.push_back(*given->value);
  std::string folder;
  if (const Given* given = p.Find("--output-dir -P --directory-prefix"); given && given->value && name != "curl") folder = given->value->text;
  if (const Given* given = p.Find("--output-dir"); given && given->value) folder = given->value->text;
  if (!folder.empty()) c.cwd = c.Resolve(folder);
  for (const Word& url : urls) {
    if (name == "curl" && !p.Has("-g --globoff") && HasGlob(url)) {
      c.Add(Op::kConnect, "?", url.span);
      c.Partial("curl makes several hosts of this");
    } else {
      c.Connect(url, "http");
    }
    const bool remote_name = name == "curl" ? p.Has("-O --remote-name --remote-name-all -J --remote-header-name") : !p.Has("-O --output-document -o --spider");
    if (remote_name && p.Has("-J --remote-header-name --content-disposition --trust-server-names")) {
      c.PathText(Op::kWrite, ".", url.span, Tree::kWhole);
    } else if (remote_name) {
      p.Has("-r --recursive -m --mirror -p --page-requisites") ? c.PathText(Op::kWrite, ".", url.span, Tree::kWhole) : RemoteName(c, url);
    }
  }
  for (const Given* given : p.All("-d --data --data-ascii --data-binary --data-urlencode --json -F --form --url-query"))
    if (given->value && name == "curl") DataFile(c, *given->value, given->name);
  for (const Given* given : p.All("-H --header -w --write-out -b --cookie"))
    if (given->value && name == "curl") {
      const bool file = given->value->text.starts_with('@') || ((given->name == "-b" || given->name == "--cookie") && given->value->text.find('=') == std::string::npos);
      if (file) c.Path(Op::kRead, given->value->text.starts_with('@') ? Rest(*given->value, 1) : *given->value);
    }
  for (const Given* given : p.All("--connect-to --resolve"))
    if (given->value) {  // HOST:PORT:OTHER...: the host that is contacted is not the URL's
      c.Add(Op::kConnect, "?", given->span);
      c.Partial("another address is given for a host");
    }
  if (p.Has("-L --location --location-trusted") && name == "curl") c.out.notes.push_back("redirects may lead to other hosts");
  return Then::kDone;
}

}  // namespace checkrein::analysis
