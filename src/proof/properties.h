// Properties written in Cedar: each permit says which requests it is about, its annotations what must hold of them.
//
//   @id("frozen") @claim("a frozen session may do nothing") @must("deny")
//   permit (principal, action, resource) when { principal.labels.contains(Label::"quarantined") };
//
// | annotation                | what must hold of the requests that the permit allows                                        |
// |---------------------------|----------------------------------------------------------------------------------------------|
// | @must("deny"), ("allow")  | a set denies, allows them all                                                                |
// | @never_costs("f")         | what it allows while context.f is false, it allows while context.f is true                   |
// | @declared("a b")          | what it allows, it allows whatever the principal's id, and without the attributes a and b    |
// | @sets("x y")              | holds only of the sets of these names; without it, of all                                    |
// | @as_shipped               | holds of a set as it is shipped; a person's own policies may well change it                  |
// Exactly one of the first three; @id and @claim always.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/schema.h"
#include "proof/prove.h"

namespace checkrein::proof {

class PropertyFile {
 public:
  // kInvalid with file:line:col when the text is no Cedar, does not fit the schema, or lacks what is asked for above.
  static Result<PropertyFile> Parse(std::string_view text, std::string_view file, const cedar::Schema& schema);

  // Those promised of the set `name`, after "never errs" and "nothing dead", which are promised of every set. They borrow from this.
  enum class Extent : uint8_t { kAsShipped, kExtended };   // kExtended: with policies of a person's own
  std::vector<Property> For(std::string_view name, Extent extent) const;
  // All envelopes as one set: if one of them is dead, its promise says nothing.
  const cedar::PolicySet& Envelopes() const { return envelopes_; }

 private:
  struct Row {
    Property property;
    std::unique_ptr<cedar::PolicySet> envelope;
    std::vector<std::string> sets;   // empty: all
    bool as_shipped = false;
  };
  std::vector<Row> rows_;
  cedar::PolicySet envelopes_;
};

// A world file: forbids of requests that cannot occur (see Prover). kInvalid as above, and for a permit.
Result<cedar::PolicySet> ParseWorld(std::string_view text, std::string_view file, const cedar::Schema& schema);

}  // namespace checkrein::proof
