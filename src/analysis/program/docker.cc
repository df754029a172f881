// docker and podman: the daemon acts outside any sandbox, for whoever reaches its socket. Looking reads the socket, changing writes it.
// A container that gets the machine's folders, devices or namespaces is the machine: privilege:docker.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

void Mount(Context& c, const Word& source, std::string_view options) {
  if (!source.exact()) {
    if (source.text.empty()) c.Partial("what is mounted is not known");
  } else if (!source.text.empty() && source.text.find('/') == std::string::npos && source.text[0] != '.') {
    return;  // a named volume
  }
  const bool read_only = options == "ro" || options.starts_with("ro,") || options.ends_with(",ro") || options.find("readonly") != std::string_view::npos;
  c.Path(Op::kRead, source, Tree::kWhole);
  if (!read_only) c.Path(Op::kWrite, source, Tree::kWhole);
  const std::string path = source.exact() ? c.Resolve(source.text) : "?";
  if (path == "?" || !IsBeneath(path, c.place.workspace)) c.Add(Op::kPrivilege, "docker", source.span);
}

void Volume(Context& c, const Word& value) {
  const size_t colon = value.text.find(':');
  if (colon == std::string::npos) return;  // an anonymous volume
  const size_t second = value.text.find(':', colon + 1);
  Word source = value;
  source.known = Word::Known::kExactly;
  source.text.resize(colon);
  Mount(c, source, second == std::string::npos ? "" : std::string_view(value.text).substr(second + 1));
}

void MountOption(Context& c, const Word& value) {  // --mount type=bind,source=/,target=/host
  for (const std::string_view key : {"source=", "src="}) {
    const size_t at = value.text.find(key);
    if (at == std::string::npos) continue;
    const size_t start = at + key.size();
    const size_t end = std::min(value.text.find(',', start), value.text.size());
    return Mount(c, Exactly(value.text.substr(start, end - start), value.span), value.text);
  }
}

}  // namespace

Then DescribeDocker(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Given* given : p.All("-v --volume"))
    if (given->value) Volume(c, *given->value);
  for (const Given* given : p.All("--mount"))
    if (given->value) MountOption(c, *given->value);
  bool machine = p.Has("--privileged --device --cap-add --security-opt --volumes-from");
  for (const Given* given : p.All("--pid --net --network --ipc --uts --userns --cgroupns"))
    machine = machine || (given->value && !given->value->Is("none") && !given->value->Is("bridge") && given->value->text.find("host") != std::string::npos);
  if (machine) c.Add(Op::kPrivilege, "docker", c.command.span);
  DescribeArguments(c, p);
  return Then::kDone;
}

}  // namespace checkrein::analysis
