// The part of an examination that looks at a file as text: what hides in it, what its head permits, what it sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advisories/doctor/finding.h"

namespace checkrein::advisories {

// Adds to `out`: hidden characters and comments of any text; the head ("---") of Markdown for skills, commands and sub-agents, and the
// commands that it runs when it is used (!`...`); variables of `.env` files. Bytes that are no text (a NUL) are passed over.
void ExamineText(const std::string& path, std::string_view text, const ExaminePlace& place, std::vector<Finding>& out);

}  // namespace checkrein::advisories
