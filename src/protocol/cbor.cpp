#include "protocol/cbor.h"

#include <cstdint>
#include <vector>

#include "core/utf8.h"

namespace fairlead::protocol {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::uint64_t kKeysMax = 1000;

enum Major : unsigned { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kOther };

// Looks at one item before a tree is made of it: without recursion, and so that what an item says
// of its own size is believed only as far as there are bytes (CWE-674, CWE-789).
class Inspection {
 public:
  explicit Inspection(std::string_view bytes) : rest_(bytes) {}

  // What is wrong; null: nothing.
  const char* complaint() {
    if (rest_.empty() || static_cast<unsigned char>(rest_.front()) >> 5 != kMap) {
      return "a command is one CBOR map";
    }
    do {
      if (const char* wrong = take_item()) return wrong;
      while (!open_.empty() && open_.back().left == 0) open_.pop_back();
    } while (!open_.empty());
    return rest_.empty() ? nullptr : "there is something behind the CBOR map";
  }

 private:
  struct Open {
    std::uint64_t left;  // items
    bool map;
  };

  static constexpr const char* kCut = "the CBOR item is cut off";

  const char* take_item() {
    bool is_key = false;
    if (!open_.empty()) {
      is_key = open_.back().map && open_.back().left % 2 == 0;
      --open_.back().left;
    }
    if (rest_.empty()) return kCut;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    const unsigned major = first >> 5, info = first & 31;
    if (is_key && major != kText) return "keys must be text";
    if (major == kTag) return "tags are not taken";
    if (major == kBytes) return "byte strings are not taken";
    if (info == 31) return "indefinite lengths are not taken";
    if (info > 27) return "that is no CBOR";
    if (!take_argument(info)) return kCut;
    switch (major) {
      case kNegative:
        return argument_ > INT64_MAX ? "integers have at most 64 bits" : nullptr;
      case kText:
        return take_text();
      case kArray:
        return open(argument_, 1);
      case kMap:
        keys_ += std::min(argument_, kKeysMax + 1);
        return keys_ > kKeysMax ? "more than 1000 keys" : open(argument_, 2);
      case kOther:
        return judge_simple(info);
      default:
        return nullptr;
    }
  }

  bool take_argument(unsigned info) {
    argument_ = info;
    if (info < 24) return true;
    const std::size_t bytes = std::size_t{1} << (info - 24);
    if (rest_.size() < bytes) return false;
    argument_ = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      argument_ = argument_ << 8 | static_cast<unsigned char>(rest_[i]);
    }
    rest_.remove_prefix(bytes);
    return true;
  }

  const char* take_text() {
    if (argument_ > rest_.size()) return kCut;
    const auto text = rest_.substr(0, argument_);
    rest_.remove_prefix(text.size());
    if (!is_utf8(text)) return "text must be UTF-8";
    return text.find('\0') != std::string_view::npos ? "U+0000 is not allowed in text" : nullptr;
  }

  const char* open(std::uint64_t count, std::uint64_t items_each) {
    if (count > rest_.size() / items_each) return kCut;  // an item has at least one byte
    if (open_.size() == kDepthMax) return "nested deeper than 32 levels";
    open_.push_back({count * items_each, items_each == 2});
    return nullptr;
  }

  const char* judge_simple(unsigned info) const {
    constexpr unsigned kFalse = 20, kNull = 22, kHalf = 25, kSingle = 26, kDouble = 27;
    const auto is_finite = [this](int mantissa_bits, std::uint64_t exponent) {
      return (argument_ >> mantissa_bits & exponent) != exponent;
    };
    const bool is_json =
        (info >= kFalse && info <= kNull) || (info == kHalf && is_finite(10, 0x1f)) ||
        (info == kSingle && is_finite(23, 0xff)) || (info == kDouble && is_finite(52, 0x7ff));
    return is_json ? nullptr : "only finite numbers, false, true and null are taken";
  }

  std::string_view rest_;
  std::uint64_t argument_ = 0;
  std::uint64_t keys_ = 0;
  std::vector<Open> open_;
};

}  // namespace

void add_cbor(std::string& out, std::string_view json) {
  Json::to_cbor(Json::parse(json), nlohmann::detail::output_adapter<char>(out));
}

Result<Json> parse_cbor_object(std::string_view bytes) {
  if (const char* wrong = Inspection(bytes).complaint()) {
    return fail(ErrorCode::kMalformedJson, wrong);
  }
  auto object = Json::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
  if (!object.is_object()) return fail(ErrorCode::kMalformedJson, "a command is one CBOR map");
  return object;
}

}  // namespace fairlead::protocol
