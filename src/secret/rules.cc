#include "secret/rule.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace checkrein::secret {
namespace {

constexpr size_t kEntropySample = 64;
constexpr size_t kMaxChecked = 256;       // characters that a check looks at, so that a long run costs no more
constexpr size_t kMaxJwtChecked = 16384;

// header.payload.signature, each base64url; the signature may be empty.
bool LooksLikeJwt(std::string_view body) {
  body = body.substr(0, kMaxJwtChecked);
  const size_t first = body.find('.');
  if (first == std::string_view::npos || first < 10) return false;
  const size_t second = body.find('.', first + 1);
  return second != std::string_view::npos && second - first > 10;
}

// Two parts of 22 and 43 characters.
bool LooksLikeSendgrid(std::string_view body) { return body.substr(0, 23).find('.') == 22; }

bool HasUpperAndDigit(std::string_view body) {
  body = body.substr(0, kMaxChecked);
  return std::any_of(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::any_of(body.begin(), body.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool HasDigit(std::string_view body) {
  body = body.substr(0, kMaxChecked);
  return std::any_of(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; });
}

using C = Charset;
using B = Boundary;

// Lengths and alphabets as the issuers document or as their tokens are seen to be. Minimal lengths err low: a token cut short by a
// screen or a limit is still worth hiding.
constexpr Rule kRules[] = {
    {.id = "private-key", .text = "private key (PEM, OpenSSH, PGP)", .prefixes = {"-----BEGIN "}},  // its own scanner: a block of lines
    {.id = "age-key", .text = "age secret key", .prefixes = {"AGE-SECRET-KEY-1"}, .charset = C::kUpper, .min_length = 50},
    {.id = "anthropic-key", .text = "Anthropic API key", .prefixes = {"sk-ant-"}, .min_length = 20, .min_entropy = 25},
    {.id = "openai-key", .text = "OpenAI API key", .prefixes = {"sk-proj-", "sk-svcacct-", "sk-admin-", "sess-"}, .min_length = 24, .min_entropy = 30, .boundary = B::kWord, .check = HasDigit},
    {.id = "openrouter-key", .text = "OpenRouter API key", .prefixes = {"sk-or-v1-"}, .charset = C::kHex, .min_length = 32},
    {.id = "sk-key", .text = "API key that begins with sk-", .prefixes = {"sk-"}, .charset = C::kAlnum, .min_length = 32, .min_entropy = 30, .boundary = B::kWord, .check = HasDigit},
    {.id = "model-key", .text = "API key of a model provider", .prefixes = {"gsk_", "xai-", "pplx-", "hf_", "r8_", "fw_", "nvapi-", "tgp_v1_"}, .min_length = 30, .min_entropy = 32, .boundary = B::kWord, .check = HasUpperAndDigit},
    {.id = "github-token", .text = "GitHub token", .prefixes = {"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, .charset = C::kAlnum, .min_length = 30, .min_entropy = 25},
    {.id = "github-pat", .text = "GitHub fine-grained token", .prefixes = {"github_pat_"}, .min_length = 36, .min_entropy = 25},
    {.id = "gitlab-token", .text = "GitLab token", .prefixes = {"glpat-", "gldt-", "glrt-", "glptt-", "glsoat-", "glcbt-", "glft-", "glimt-", "glagent-", "gloas-"}, .charset = C::kDotted, .min_length = 18, .min_entropy = 25, .boundary = B::kWord},
    {.id = "slack-token", .text = "Slack token", .prefixes = {"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxc-", "xoxd-", "xapp-"}, .charset = C::kDotted, .min_length = 12, .min_entropy = 20},
    {.id = "slack-webhook", .text = "Slack webhook", .prefixes = {"hooks.slack.com/services/", "hooks.slack.com/workflows/"}, .charset = C::kBase64, .min_length = 30},
    {.id = "discord-webhook", .text = "Discord webhook", .prefixes = {"discord.com/api/webhooks/", "discordapp.com/api/webhooks/"}, .charset = C::kBase64, .min_length = 30},
    {.id = "stripe-key", .text = "Stripe secret key", .prefixes = {"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"}, .charset = C::kAlnum, .min_length = 16, .min_entropy = 25},
    {.id = "aws-access-key", .text = "AWS access key id", .prefixes = {"AKIA", "ASIA", "ABIA", "ACCA"}, .charset = C::kUpper, .min_length = 16, .max_length = 16, .min_entropy = 25, .boundary = B::kWord},
    {.id = "google-api-key", .text = "Google API key", .prefixes = {"AIza"}, .min_length = 33, .min_entropy = 30, .boundary = B::kWord},
    {.id = "google-oauth", .text = "Google OAuth token or client secret", .prefixes = {"ya29.", "GOCSPX-", "1//0"}, .charset = C::kDotted, .min_length = 24, .min_entropy = 30, .boundary = B::kWord},
    {.id = "npm-token", .text = "npm token", .prefixes = {"npm_"}, .charset = C::kAlnum, .min_length = 30, .min_entropy = 30, .boundary = B::kWord},
    {.id = "pypi-token", .text = "PyPI token", .prefixes = {"pypi-AgE", "pypi-AgN"}, .min_length = 40, .min_entropy = 30},
    {.id = "package-token", .text = "token of a package registry", .prefixes = {"rubygems_", "dckr_pat_", "dckr_oat_", "cio", "oy2"}, .min_length = 27, .min_entropy = 32, .boundary = B::kWord, .check = HasDigit},
    {.id = "jwt", .text = "JSON web token", .prefixes = {"eyJ"}, .charset = C::kDotted, .min_length = 30, .min_entropy = 30, .check = LooksLikeJwt},
    {.id = "sendgrid-key", .text = "SendGrid key", .prefixes = {"SG."}, .charset = C::kDotted, .min_length = 60, .min_entropy = 35, .boundary = B::kWord, .check = LooksLikeSendgrid},
    {.id = "mail-key", .text = "key of a mail provider", .prefixes = {"xkeysib-", "key-"}, .charset = C::kHex, .min_length = 32, .min_entropy = 28, .boundary = B::kWord},
    {.id = "twilio-key", .text = "Twilio API key", .prefixes = {"SK"}, .charset = C::kHex, .min_length = 32, .max_length = 32, .min_entropy = 28, .boundary = B::kWord},
    {.id = "vault-token", .text = "HashiCorp Vault token", .prefixes = {"hvs.", "hvb.", "hvr."}, .min_length = 24, .min_entropy = 30, .boundary = B::kWord},
    {.id = "cloud-token", .text = "token of a cloud service", .prefixes = {"dop_v1_", "doo_v1_", "dor_v1_", "HRKU-", "ATATT3", "fm2_", "sbp_", "nfp_", "pul-", "vcp_"}, .min_length = 30, .min_entropy = 30, .boundary = B::kWord, .check = HasDigit},
    {.id = "shop-token", .text = "token of a shop or payment service", .prefixes = {"shpat_", "shpca_", "shppa_", "shpss_", "sq0atp-", "sq0csp-", "rzp_live_", "pscale_tkn_", "pscale_pw_"}, .min_length = 20, .min_entropy = 28},
    {.id = "developer-token", .text = "token of a developer service", .prefixes = {"lin_api_", "ntn_", "PMAK-", "NRAK-", "glc_", "glsa_", "figd_", "sntrys_", "sntryu_", "dp.pt."}, .min_length = 24, .min_entropy = 30, .boundary = B::kWord, .check = HasDigit},
    {.id = "databricks-token", .text = "Databricks token", .prefixes = {"dapi"}, .charset = C::kHex, .min_length = 32, .min_entropy = 28, .boundary = B::kWord},
    {.id = "service-account-token", .text = "1Password service account token", .prefixes = {"ops_eyJ"}, .charset = C::kBase64, .min_length = 60},
    // Found by what stands around them.
    {.id = "authorization", .text = "value of an authorization header", .prefixes = {}},
    {.id = "cookie", .text = "value of a cookie header", .prefixes = {}},
    {.id = "url-password", .text = "password in a URL", .prefixes = {}},
    {.id = "curl-user", .text = "password given to curl with its user", .prefixes = {}},
    {.id = "netrc-password", .text = "password in the form of .netrc", .prefixes = {}},
    {.id = "pgpass-password", .text = "password in the form of .pgpass", .prefixes = {}},
    {.id = "azure-client-secret", .text = "Azure client secret", .prefixes = {}},
    {.id = "bot-token", .text = "Telegram bot token", .prefixes = {}},
    {.id = "named-secret", .text = "value given to a name that says it is secret", .prefixes = {}},
    {.id = "random-value", .text = "random value given to a name", .prefixes = {}},
};

constexpr PrefixIndex MakeIndex() {
  PrefixIndex out;
  size_t count = 0;
  for (size_t byte = 0; byte < 256; ++byte) {
    out.first[byte] = static_cast<uint8_t>(count);
    for (size_t row = 0; row < std::size(kRules); ++row) {
      for (const std::string_view prefix : kRules[row].prefixes) {
        if (static_cast<uint8_t>(prefix[0]) != byte) continue;
        out.entries[count++] = {prefix, static_cast<uint8_t>(row)};
        const size_t slot = PrefixIndex::Slot(prefix[0], prefix[1]);
        out.starts[slot / 64] |= uint64_t{1} << (slot % 64);
      }
    }
  }
  out.first[256] = static_cast<uint8_t>(count);
  return out;
}

}  // namespace

const PrefixIndex& Prefixes() {
  static constexpr PrefixIndex kIndex = MakeIndex();
  return kIndex;
}

std::span<const Rule> Rules() { return kRules; }

const Rule& RuleById(std::string_view id) {
  for (const Rule& rule : kRules) {
    if (rule.id == id) return rule;
  }
  std::abort();
}

int Entropy(std::string_view text) {
  text = text.substr(0, kEntropySample);
  if (text.empty()) return 0;
  uint8_t counts[256] = {};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  const double size = static_cast<double>(text.size());
  for (const char c : text) {
    uint8_t& count = counts[static_cast<uint8_t>(c)];
    if (count == 0) continue;  // counted with an earlier one
    const double share = count / size;
    bits -= share * std::log2(share);
    count = 0;
  }
  return static_cast<int>(bits * 10);
}

}  // namespace checkrein::secret
