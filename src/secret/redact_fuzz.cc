// Find() and Redact() on any bytes: findings lie in the text, in order, apart; nothing found is left standing; redacting is linear
// enough not to time out.
#include <cstdlib>
#include <string>
#include <string_view>

#include "secret/redact.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t last = 0;
  for (const secret::Finding& finding : secret::Find(text)) {
    if (finding.begin < last || finding.begin >= finding.end || finding.end > text.size() || finding.rule.empty()) std::abort();
    last = finding.end;
  }
  const std::string safe = secret::Redact(text, Digest{});
  if (last == 0 && safe != text) std::abort();
  return 0;
}
