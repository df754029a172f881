// What earlier calls left (analysis/past.h), as fields: for a session's file, and between the judge and its parent.
#pragma once

#include "analysis/past.h"
#include "base/fields.h"

namespace checkrein::monitor {

void WritePast(FieldWriter& w, const analysis::Past& past);
analysis::Past ReadPast(FieldReader& r);  // what does not fit spoils the reader: ok() is false
void WriteFiles(FieldWriter& w, const std::vector<analysis::WrittenFile>& files);
std::vector<analysis::WrittenFile> ReadFiles(FieldReader& r);

// Without the values in which the redaction detector finds a secret, and those of variables whose names promise one.
void DropSecrets(analysis::Past& past);
void DropSecrets(std::vector<analysis::WrittenFile>& files);

}  // namespace checkrein::monitor
