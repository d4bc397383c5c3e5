#include "doctor/path/door.h"

#include "doctor/way/tunnel.h"

namespace fairlead::doctor {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
constexpr std::size_t kPageBytesMax = 16 * 1024;
constexpr const char* kNoRequest = "FAIRLEAD DOCTOR\x01 / HTTP/1.1\r\nHost: doctor\r\n\r\n";

Products by_host_that_cannot_be(const Way& way) {
  Way nowhere;
  nowhere.url = {false, "fairlead-doctor.invalid", "80", ""};  // RFC 6761: never resolves
  nowhere.proxy = way.proxy;
  Ask request{"/"};
  request.limit = kLimit;
  const auto answer = ask(nowhere, request);
  auto found = answer.products();
  found.merge(recognize_page(answer.body));  // some say 200 to that
  return found;
}

Products by_request_that_is_none(const Way& way) {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  auto tunnel = Tunnel::open(way, Version::kHttp1, limit);
  if (!tunnel || !tunnel->send(kNoRequest, limit)) return {};
  std::string page, bytes;
  while (page.size() < kPageBytesMax && tunnel->read(bytes, limit) == Tunnel::Read::kBytes)
    page += bytes;
  return recognize_page(page);
}

}  // namespace

Products who_is_at_the_door(const Way& way) {
  return way.proxy.empty() ? by_request_that_is_none(way) : by_host_that_cannot_be(way);
}

}  // namespace fairlead::doctor
