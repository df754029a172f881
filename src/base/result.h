// Result<T>: a value, or the reason there is none. The house error model (CONTRIBUTING.md).
//
//   Result<int> Half(int n) {
//     if (n % 2 != 0) return Error{Error::Kind::kInvalid, "odd: " + std::to_string(n)};
//     return n / 2;
//   }
//   Result<int> half = Half(4);
//   if (!half) return half.error();
//   Use(*half);
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace checkrein {

// Why an operation failed. `kind` is for code, `text` for people.
struct [[nodiscard]] Error {
  enum class Kind { kInvalid, kNotFound, kDenied, kUnsupported, kIo, kLimit, kInternal };
  Kind kind = Kind::kInternal;
  std::string text;  // `where: what is wrong; what to do`, lower case, no newline or full stop.
};

// Holds a T or an Error. Reading the wrong one aborts: a security product must not run on
// a value that it does not have.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::move(value)) {}
  Result(Error error) : v_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(v_); }
  explicit operator bool() const { return ok(); }
  const T& operator*() const& { return Get(); }
  T& operator*() & {
    Get();
    return *std::get_if<T>(&v_);
  }
  const T* operator->() const { return &Get(); }
  T* operator->() {
    Get();
    return std::get_if<T>(&v_);
  }
  T take() && {
    Get();
    return std::move(*std::get_if<T>(&v_));
  }
  const Error& error() const {
    if (ok()) std::abort();
    return *std::get_if<Error>(&v_);
  }

 private:
  const T& Get() const {
    if (!ok()) std::abort();
    return *std::get_if<T>(&v_);
  }
  std::variant<T, Error> v_;
};

// For operations that give nothing back: `return Done{};`
struct Done {};
using Status = Result<Done>;

}  // namespace checkrein
