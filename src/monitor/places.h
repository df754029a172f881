// Where Checkrein keeps its state and finds its configuration. Decided by the password database and the command line, never by
// the environment: whoever sets HOME must not choose the policy.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace checkrein::monitor {

struct Account {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
};
// The account of `uid` from passwd(5) text, read by our own reader: NSS cannot be used in a static program. Accounts that only
// a directory service knows are kNotFound: such machines name --state and --config.
Result<Account> FindAccount(std::string_view passwd, uid_t uid);
// The same by name; nothing where there is none.
std::optional<Account> FindAccountByName(std::string_view passwd, std::string_view name);

struct Places {
  std::string home;
  std::string state;                 // 0700; holds log/ sessions/ tickets/ held/ run/
  std::vector<std::string> config;   // later ones add to earlier ones: /etc/checkrein, ~/.config/checkrein
};

// `state` and `config` are the command line's, "" where it names none.
Result<Places> FindPlaces(std::string_view state, std::string_view config);

// Makes the state directory and checks that it is a directory of this user that nobody else may write. kDenied otherwise.
Status PrepareState(const Places& places);

}  // namespace checkrein::monitor
