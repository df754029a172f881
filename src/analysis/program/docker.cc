// docker and podman: the daemon acts outside any sandbox, for whoever reaches its socket. Looking reads the socket, changing writes it.
// A container that gets the machine's folders, devices or namespaces is the machine: privilege:docker. The client speaks with registries by
// way of the daemon, which is therefore written to.
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
  // What lies in a home or in /tmp is named by the effects above. The system, a device or a socket makes the container more than its caller.
  const bool own = path != "?" && (IsBeneath(path, c.place.workspace) || (IsBeneath(path, c.place.home) && path != c.place.home) || IsBeneath(path, "/tmp"));
  if (!own) c.Add(Op::kPrivilege, "docker", source.span);
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

// What a container may do to itself alone, and what docker grants unasked (moby oci/caps/defaults.go); the others reach the machine.
bool StaysInside(std::string_view capability) {
  constexpr std::string_view kInside[] = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD",
                                          "AUDIT_WRITE", "SETFCAP", "NET_ADMIN", "SYS_PTRACE", "SYS_NICE", "IPC_LOCK"};
  if (capability.starts_with("CAP_")) capability.remove_prefix(4);
  return std::find(std::begin(kInside), std::end(kInside), capability) != std::end(kInside);
}

// Options that make the container the machine, or may. SYS_PTRACE and NET_ADMIN stay inside while its namespaces are its own.
bool IsMachine(const Parsed& p) {
  if (p.Has("--privileged --volumes-from")) return true;
  for (const Given* given : p.All("--pid --net --network --ipc --uts --userns --cgroupns"))
    if (given->value && (given->value->text.find("host") != std::string::npos || !given->value->exact())) return true;
  for (const Given* given : p.All("--cap-add"))
    if (given->value && !(given->value->exact() && StaysInside(given->value->text))) return true;
  for (const Given* given : p.All("--security-opt"))
    if (given->value && !given->value->Is("no-new-privileges") && !given->value->Is("no-new-privileges:true") && !given->value->Is("no-new-privileges=true")) return true;
  for (const Given* given : p.All("--device"))  // VENDOR/CLASS=NAME is a device by the container device interface, no file of /dev
    if (given->value && !(given->value->exact() && !given->value->text.starts_with('/') && given->value->text.find('=') != std::string::npos)) return true;
  return false;
}

// Registries that anyone may have an account with: a password given there reaches their operator, not whoever wrote the command.
bool IsPublicRegistry(std::string_view host) {
  constexpr std::string_view kHosts[] = {"docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com", "ghcr.io", "quay.io", "gcr.io", "public.ecr.aws", "registry.gitlab.com", "mcr.microsoft.com"};
  return std::find(std::begin(kHosts), std::end(kHosts), host) != std::end(kHosts);
}

// `docker login [HOST]` asks HOST whether a password is right and keeps it in the client's configuration.
void Login(Context& c, const Parsed& p) {
  c.AddText("write:~/.docker/config.json write:/run/docker.sock", c.command.span);
  if (p.sub() == "logout") return;
  if (p.arguments.empty()) return c.Add(Op::kConnect, "registry:docker", c.command.span);
  const Word& host = p.arguments.front();
  c.Connect(host, "https");
  const auto target = host.exact() ? UrlTarget(host.text, "https") : std::nullopt;
  if (!target || !IsPublicRegistry(target->host)) c.Add(Op::kPush, target && !target->host.empty() ? target->Object() : "?", host.span);
}

}  // namespace

Then DescribeDocker(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Given* given : p.All("-v --volume"))
    if (given->value) Volume(c, *given->value);
  for (const Given* given : p.All("--mount"))
    if (given->value) MountOption(c, *given->value);
  if (p.sub() == "login" || p.sub() == "logout") return Login(c, p), Then::kDone;
  if (IsMachine(p)) c.Add(Op::kPrivilege, "docker", c.command.span);
  DescribeArguments(c, p);
  return Then::kDone;
}

}  // namespace checkrein::analysis
