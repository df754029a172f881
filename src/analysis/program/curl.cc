// curl, wget, aria2c: where they connect, what they send and where they put it.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/path.h"
#include "effect/places.h"

namespace checkrein::analysis {
namespace {

enum class Sends : uint8_t { kWords, kMore };  // what stands in the command itself; or a file, the input, or what nobody knows

// One file of the project, in no protected place and nothing that holds many: whoever may connect may have written the same into the command.
bool IsPlainWork(const Context& c, const Word& file) {
  constexpr std::string_view kHolders[] = {".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".rar", ".bak", ".dump", ".sql", ".db", ".sqlite", ".sqlite3", ".key", ".pem", ".log", ".env"};
  if (!file.exact() || file.Is("-") || file.text.empty()) return false;
  const std::string path = c.Resolve(file.text);
  if (!IsBeneath(path, c.place.workspace)) return false;
  const std::string_view name = BaseName(path);
  if (std::any_of(std::begin(kHolders), std::end(kHolders), [name](std::string_view end) { return name.ends_with(end); })) return false;
  const auto groups = PlaceGroups(path, c.place.home, c.place.workspace);
  return std::all_of(groups.begin(), groups.end(), [](std::string_view group) { return group == "workspace" || group == "home" || group == "temp"; });
}

// Data that names a file: @FILE, NAME@FILE (--data-urlencode), NAME=@FILE and NAME=<FILE (-F).
Sends DataFile(Context& c, const Word& value, std::string_view option) {
  if (!value.exact() && value.text.empty()) {
    c.Partial("what is sent is not known");
    return Sends::kMore;
  }
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
  if (at == std::string::npos) return value.exact() ? Sends::kWords : Sends::kMore;
  Word file = Rest(value, at);
  if (option == "-F" || option == "--form")
    if (const size_t semicolon = file.text.find_first_of(";,"); semicolon != std::string::npos) file.text.resize(semicolon);
  if (!file.Is("-")) c.Path(Op::kRead, file);
  const bool known_input = file.Is("-") && !SendsInput(c) && c.command.input.kind != Input::Kind::kInherited;  // a here-document in the command
  return known_input || IsPlainWork(c, file) ? Sends::kWords : Sends::kMore;
}

// Where data goes to, and what a request destroys there: the hosts that the URLs name.
void Push(Context& c, const std::vector<Word>& urls, std::string_view how) {
  for (const Word& url : urls) {
    const auto target = UrlTarget(url.text, "http");
    const bool known = target && !target->local_file && (url.exact() || (!target->path.empty() && !target->scheme.empty()));
    c.Add(Op::kPush, std::string(how) + (known ? target->Object() : "?"), url.span);
  }
}

// The method is a verb of HTTP: DELETE takes something away there.
bool Deletes(const Parsed& p) {
  const auto all = p.All("-X --request --method");
  return std::any_of(all.begin(), all.end(), [](const Given* given) { return given->value && (given->value->Is("DELETE") || given->value->Is("delete") || given->value->Is("PURGE")); });
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
  if (name != "curl" && p.Has("-i --input-file")) {
    c.Add(Op::kConnect, "?", c.command.span);
    c.Partial("the hosts stand in a list");
    if (!p.Has("-O --output-document --spider")) c.PathText(Op::kWrite, ".", c.command.span, Tree::kWhole);
  }
  Sends sends = p.Has(name == "curl" ? "-T --upload-file" : "--post-file --body-file") ? Sends::kMore : Sends::kWords;
  for (const Given* given : p.All("-d --data --data-ascii --data-binary --data-urlencode --json -F --form --url-query"))
    if (given->value && name == "curl" && DataFile(c, *given->value, given->name) == Sends::kMore) sends = Sends::kMore;
  if (sends == Sends::kMore) Push(c, urls, "");
  if (Deletes(p)) Push(c, urls, "force:");
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
