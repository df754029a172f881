// Where a person who decides about held changes sits: in a terminal of their own, or, where the machine has the service, as root for a user
// that they name. The log in which it is recorded follows from that.
//
//   Result<Seat> seat = Seat::Take(*options, "alice", "changes commit");   // root in, alice's rights from here on
//   seat->places;   seat->Record(monitor, std::move(record));
#pragma once

#include <string>

#include "base/fd.h"
#include "cli/places_options.h"
#include "monitor/monitor.h"

namespace checkrein::cli {

struct Seat {
  // `of`: --of, "" where none was given. kDenied: the service says no (and has recorded it), or does not answer. kInvalid: whose is not
  // said, or said where there is no service. As root this process has that user's rights only when it returns.
  static Result<Seat> Take(const PlacesOptions& options, const std::string& of, const std::string& what);
  // Only to look: nobody is asked.
  static Result<Seat> Look(const PlacesOptions& options);
  // In the service's log where there is one, else by `monitor`.
  Status Record(monitor::Monitor& monitor, json::Value record);

  monitor::Places places;
  Fd service;          // connected while still root; invalid: none
  int64_t uid = -1;    // of the user
};

}  // namespace checkrein::cli
