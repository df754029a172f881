#include "analysis/shell/value.h"

#include <algorithm>

namespace checkrein::analysis::shell {

bool IsNumber(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

namespace {

// Of a value that is made of both, or is one of them.
Ambient Mixed(const Value& a, const Value& b) {
  const auto chosen = [](const Value& v) { return v.exact() || v.ambient != Ambient::kNo; };
  const bool any = (!a.exact() && a.ambient != Ambient::kNo) || (!b.exact() && b.ambient != Ambient::kNo);
  return any && chosen(a) && chosen(b) ? Ambient::kPart : Ambient::kNo;
}

bool LooksLikeOption(const Value& v) { return v.exact() && (v.text.starts_with('-') || v.text.starts_with('+')); }

}  // namespace

Value Join(const Value& a, const Value& b) {
  if (a == b) return a;
  Value out;
  out.ambient = LooksLikeOption(a) || LooksLikeOption(b) ? Ambient::kNo : Mixed(a, b);
  out.data = a.data || b.data;
  out.number = (a.number || (a.exact() && IsNumber(a.text))) && (b.number || (b.exact() && IsNumber(b.text)));
  if (a.known == Known::kNothing || b.known == Known::kNothing) return out;
  const auto differ = std::mismatch(a.text.begin(), a.text.end(), b.text.begin(), b.text.end());
  out.text.assign(a.text.begin(), differ.first);
  if (!out.text.empty()) out.known = Known::kPrefix;
  // Names of files beneath a directory stay so only when the common part reaches the last slash of both.
  const bool both_glob = (a.glob || a.exact()) && (b.glob || b.exact()) && (a.glob || b.glob);
  out.glob = both_glob && a.text.find("..") == std::string::npos && b.text.find("..") == std::string::npos &&
             !a.text.starts_with('/') && !b.text.starts_with('/');
  if (out.glob && out.text.empty()) out.known = Known::kPrefix;
  return out;
}

Value Concat(Value a, const Value& b) {
  a.data = a.data || b.data;
  if (!a.exact()) {
    if (!b.exact() || !b.text.empty()) a.ambient = Mixed(a, b);
    if (a.glob && b.known != Known::kNothing && b.text.find("..") != std::string::npos) a.glob = false;
    if (a.glob && !b.exact() && !b.number && !b.glob) a.glob = false;
    a.number = a.number && (b.number || (b.exact() && IsNumber(b.text)));
    return a;
  }
  constexpr size_t kMaxValue = 1U << 17;  // bytes: a longer text is known by its beginning
  const bool empty = a.text.empty();
  if (empty) {
    const bool data = a.data;
    a = b;
    a.data = data;
    return a;
  }
  if (a.text.size() + b.text.size() > kMaxValue) {
    a.known = Known::kPrefix;
    a.number = false;
    return a;
  }
  a.number = false;
  a.ambient = Mixed(a, b);
  a.text += b.text;
  if (b.known == Known::kExactly) return a;
  a.glob = b.glob;
  a.known = a.text.empty() && !a.glob ? Known::kNothing : Known::kPrefix;
  return a;
}

}  // namespace checkrein::analysis::shell
