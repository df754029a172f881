#include "egress/stream_check.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "egress/client_hello.h"
#include "egress/name.h"

namespace checkrein::egress {
namespace {

constexpr size_t kMaxFirstLine = 16u << 10;

bool IsLetter(char c) { return AsciiLower(c) >= 'a' && AsciiLower(c) <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Of a method (RFC 9110 5.6.2, token): servers take more than letters, nginx `_GET`, others any of these.
bool IsTokenByte(char c) { return IsLetter(c) || IsDigit(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos); }
std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
// Of a field that is a list: whether one of its elements is `word`.
bool HasElement(std::string_view list, std::string_view word) {
  while (true) {
    const size_t end = list.find(',');
    if (AsciiLower(Trim(list.substr(0, end))) == word) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
}

}  // namespace

StreamCheck::Answer StreamCheck::Look(std::string_view pending) {
  Answer answer;
  while (answer.pass < pending.size()) {
    const size_t n = state_ == State::kOpaque ? pending.size() - answer.pass : Step(pending.substr(answer.pass));
    if (n == 0) break;
    answer.pass += n;
  }
  answer.refused = refused_;
  if (!refused_.empty()) answer.pass = 0;
  return answer;
}

size_t StreamCheck::Step(std::string_view pending) {
  switch (state_) {
    case State::kStart:
    case State::kUpgraded: return Start(pending);
    case State::kHead: return Head(pending);
    case State::kBody:
    case State::kChunk: {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(left_, pending.size()));
      left_ -= n;
      if (left_ == 0) state_ = state_ == State::kBody ? State::kStart : State::kChunkEnd;
      return n;
    }
    case State::kChunkSize: return ChunkSize(pending);
    case State::kChunkEnd: {
      std::string_view line;
      const size_t n = Line(pending, &line);
      if (n > 0 && !line.empty()) return Refuse("HTTP: a chunk that is longer than it says");
      if (n > 0) state_ = State::kChunkSize;
      return n;
    }
    case State::kTrailer: {
      std::string_view line;
      const size_t n = Line(pending, &line);
      if (n > 0 && line.empty()) state_ = State::kStart;
      return n;
    }
    case State::kOpaque: break;
  }
  return pending.size();
}

// The first bytes, those after a whole request, and those after a request to speak something else (which a server may have ignored).
size_t StreamCheck::Start(std::string_view pending) {
  const char first = pending.front();
  if (first == '\r' || first == '\n' || first == ' ' || first == '\t') return 1;  // servers skip empty lines before a request (RFC 9112 2.2), some blanks
  if (first == 0x16 && state_ == State::kStart) return Hello(pending);
  if (IsTokenByte(first) && !IsDigit(first)) {
    // `WORD target HTTP/1.1`, or, older, `WORD http://host/`: anything else is another protocol (SSH-2.0-..., EHLO ...; git's begins with digits).
    const size_t end = pending.find('\n');
    const std::string_view line = pending.substr(0, end);
    const auto odd = std::find_if(line.begin(), line.end(), [](char c) { return !IsTokenByte(c); });
    const bool perhaps = odd == line.end() || *odd == ' ' || *odd == '\t';
    if (perhaps && end == std::string_view::npos) return pending.size() > kMaxFirstLine ? Refuse("HTTP: a request line that does not end") : 0;
    const std::string lower = perhaps ? AsciiLower(line) : std::string();
    if (lower.find("http/") != std::string::npos || lower.find("://") != std::string::npos) {
      state_ = State::kHead;
      return Head(pending);
    }
  }
  state_ = State::kOpaque;
  return pending.size();
}

size_t StreamCheck::Hello(std::string_view pending) {
  const ClientHello hello = ReadClientHello(pending);
  if (hello.state == ClientHello::State::kIncomplete) return 0;
  if (hello.state == ClientHello::State::kMalformed) return Refuse("TLS: a greeting that cannot be read");
  if (hello.has_hidden) return Refuse("TLS: the name it asks for is encrypted (ECH); switch that off in the client");
  if (!hello.has_name) return Refuse("TLS: the greeting names no host (SNI)");
  if (CanonicalName(hello.name) != host_) return Refuse("TLS: the greeting asks for another host, " + CanonicalName(hello.name).value_or("one that is no name"));
  state_ = State::kOpaque;
  return pending.size();
}

size_t StreamCheck::Head(std::string_view pending) {
  size_t at = 0;
  for (;;) {
    const size_t end = pending.find('\n', at);
    if (end == std::string_view::npos) return pending.size() > kMaxHeadBytes ? Refuse("HTTP: a request head above " + std::to_string(kMaxHeadBytes) + " bytes") : 0;
    const bool empty = end == at || (end == at + 1 && pending[at] == '\r');
    at = end + 1;
    if (empty) break;
  }
  hosts_ = 0;
  chunked_ = sized_ = upgrade_ = false;
  left_ = 0;
  if (!ReadHead(pending.substr(0, at))) return 0;
  if (hosts_ != 1) return Refuse(hosts_ == 0 ? "HTTP: a request that names no host" : "HTTP: a request that names its host twice");
  if (chunked_ && sized_) return Refuse("HTTP: a body with two lengths");
  state_ = chunked_ ? State::kChunkSize : left_ > 0 ? State::kBody : upgrade_ ? State::kUpgraded : State::kStart;
  return at;
}

bool StreamCheck::ReadHead(std::string_view head) {
  for (bool first = true; !head.empty(); first = false) {
    const size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) return RefuseHead("HTTP: a stray byte in a request head");
    if (line.empty()) return true;
    if (!(first ? ReadRequestLine(line) : ReadField(line))) return false;
  }
  return true;
}

bool StreamCheck::ReadRequestLine(std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return RefuseHead("HTTP: a request line that is none");
  const std::string_view method = line.substr(0, first), target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return RefuseHead("HTTP: a version other than 1 without TLS");
  if (target.empty() || target.find_first_of(" \t") != std::string_view::npos) return RefuseHead("HTTP: a request line that is none");
  if (method == "CONNECT") return RefuseHead("HTTP: a request to be led on to another host");
  if (target.starts_with('/') || target == "*") return true;
  const std::string lower = AsciiLower(target.substr(0, 8));
  const size_t scheme = lower.starts_with("http://") ? 7 : lower.starts_with("https://") ? 8 : 0;
  if (scheme == 0) return RefuseHead("HTTP: a target that cannot be read");
  const std::string_view rest = target.substr(scheme);
  return IsForHost(rest.substr(0, rest.find_first_of("/?#")));
}

bool StreamCheck::IsForHost(std::string_view authority) {
  const std::optional<Endpoint> named = ParseAuthority(authority, 80);
  if (named && named->host == host_) return true;
  return RefuseHead("HTTP: the request is for another host, " + (named ? named->host : std::string("one that is no name")));
}

bool StreamCheck::ReadField(std::string_view line) {
  const size_t colon = line.find(':');
  if (line.front() == ' ' || line.front() == '\t') return RefuseHead("HTTP: a folded header line");
  if (colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' || line[colon - 1] == '\t') return RefuseHead("HTTP: a header line that is none");
  const std::string name = AsciiLower(line.substr(0, colon));
  const std::string_view value = Trim(line.substr(colon + 1));
  if (name == "host") {
    ++hosts_;
    return IsForHost(value);
  }
  if (name == "content-length") {
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc() || end != value.data() + value.size() || (sized_ && length != left_)) return RefuseHead("HTTP: a length that cannot be read");
    sized_ = true;
    left_ = length;
  }
  if (name == "transfer-encoding") {
    if (chunked_ || AsciiLower(value) != "chunked") return RefuseHead("HTTP: a transfer encoding that is not known");
    chunked_ = true;
  }
  if (name == "connection" && HasElement(value, "upgrade")) upgrade_ = true;
  return true;
}

size_t StreamCheck::Line(std::string_view pending, std::string_view* line) {
  const size_t end = pending.find('\n');
  if (end == std::string_view::npos) return pending.size() > kMaxFirstLine ? Refuse("HTTP: a line that does not end") : 0;
  *line = pending.substr(0, end);
  if (line->ends_with('\r')) line->remove_suffix(1);
  return end + 1;
}

size_t StreamCheck::ChunkSize(std::string_view pending) {
  std::string_view line;
  const size_t n = Line(pending, &line);
  if (n == 0) return 0;
  const std::string_view digits = Trim(line.substr(0, line.find(';')));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return Refuse("HTTP: a chunk without a length");
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return n;
}

}  // namespace checkrein::egress
