#include "audit/checkpoint.h"

#include <algorithm>
#include <charconv>

namespace checkrein::audit {

std::string CheckpointBody(std::string_view origin, uint64_t size, const Digest& root) {
  std::string body(origin);
  body += '\n';
  body += std::to_string(size);
  body += '\n';
  body += Base64Encode(root);
  body += '\n';
  return body;
}

Result<Checkpoint> ParseCheckpointBody(std::string_view body) {
  const auto bad = [](std::string_view what) { return Error{Error::Kind::kInvalid, "checkpoint: " + std::string(what)}; };
  std::string_view lines[3];
  for (std::string_view& line : lines) {
    const size_t end = body.find('\n');
    if (end == std::string_view::npos) return bad("fewer than three lines");
    line = body.substr(0, end);
    body.remove_prefix(end + 1);
  }
  if (!body.empty()) return bad("more than three lines");
  if (lines[0].empty()) return bad("no origin");
  Checkpoint out;
  out.origin = lines[0];
  const auto [end, error] = std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), out.size);
  if (error != std::errc() || end != lines[1].data() + lines[1].size() || (lines[1].size() > 1 && lines[1][0] == '0')) return bad("the size is no number");
  if (out.size > uint64_t{INT64_MAX}) return bad("the size does not fit 63 bits");  // what other implementations can hold
  const std::optional<Bytes> root = Base64Decode(lines[2]);
  if (!root || root->size() != out.root.size()) return bad("the root is not the base64 of 32 bytes");
  std::copy(root->begin(), root->end(), out.root.begin());
  return out;
}

}  // namespace checkrein::audit
