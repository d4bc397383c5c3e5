#include "doctor/way/exchange.h"

#include <algorithm>
#include <cctype>

#include "core/clock.h"

namespace fairlead::doctor {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPiecesMax = 4096;
constexpr std::size_t kHeaderBytesMax = 8 * 1024;

struct Transfer {
  const Ask& request;
  Answer& answer;
  SteadyClock::time_point began = SteadyClock::now();

  double now_s() const { return std::chrono::duration<double>(SteadyClock::now() - began).count(); }
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  auto& answer = transfer.answer;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // another answer begins: that of CONNECT, or a 1xx, is over
    for (auto& field : answer.headers) {
      if (answer.tunnel_headers.size() < Answer::kHeadersMax)
        answer.tunnel_headers.push_back(std::move(field));
    }
    answer.headers.clear();
    answer.head_s = transfer.now_s();
    return size;
  }
  const auto colon = line.find(':');
  if (colon == line.npos || answer.headers.size() >= Answer::kHeadersMax) return size;
  std::string name(trimmed(line.substr(0, colon)));
  for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto value = trimmed(line.substr(colon + 1)).substr(0, kHeaderBytesMax);
  answer.headers.emplace_back(std::move(name), std::string(value));
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  auto& answer = transfer.answer;
  if (answer.body.size() + size > Answer::kBodyBytesMax || answer.pieces.size() >= kPiecesMax)
    return 0;
  answer.body.append(data, size);
  answer.pieces.push_back({transfer.now_s(), answer.body.size()});
  if (transfer.request.enough && transfer.request.enough(answer)) {
    answer.enough = true;
    return 0;
  }
  return size;
}

bool has_accept_encoding(const Ask& request) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [](const std::string& h) { return h.starts_with("Accept-Encoding:"); });
}

void set_method(CurlHandle& curl, const Ask& request) {
  curl.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.body.empty() && request.method != "POST") return;
  curl.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  curl.set(CURLOPT_POSTFIELDS, request.body.c_str());
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

List header_list(const Ask& request) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (!request.body.empty()) list = curl_slist_append(list, "Content-Type: application/json");
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  return List(list);
}

}  // namespace

std::optional<std::string_view> Answer::header(std::string_view name) const {
  const auto it = std::find_if(headers.begin(), headers.end(),
                               [&](const auto& field) { return field.first == name; });
  if (it == headers.end()) return std::nullopt;
  return it->second;
}

Products Answer::products() const {
  auto found = recognize_answer(headers);
  found.merge(recognize_answer(tunnel_headers));
  if (status >= 400) found.merge(recognize_page(body));
  return found;
}

Answer ask(const Way& way, const Ask& request) {
  Answer answer;
  CurlHandle curl(way, way.url.prefix + request.target, request.version, {});
  Transfer transfer{request, answer};
  const auto headers = header_list(request);
  curl.set(CURLOPT_HTTPHEADER, headers.get());
  curl.set(CURLOPT_PROXYHEADER, static_cast<curl_slist*>(nullptr));
  curl.set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // a proxy learns no token
  curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.limit.count()));
  curl.set(CURLOPT_HEADERFUNCTION, on_header);
  curl.set(CURLOPT_HEADERDATA, &transfer);
  curl.set(CURLOPT_WRITEFUNCTION, on_body);
  curl.set(CURLOPT_WRITEDATA, &transfer);
  // As a browser asks; what it decompresses is bounded in on_body.
  if (!has_accept_encoding(request)) curl.set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set_method(curl, request);
  const auto code = curl_easy_perform(curl.get());
  answer.seconds = transfer.now_s();
  if (!answer.enough) answer.trouble = curl.trouble(code);
  long status = 0, version = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl.get(), CURLINFO_HTTP_VERSION, &version);
  answer.status = static_cast<int>(status);
  answer.http2 = version == CURL_HTTP_VERSION_2_0;
  answer.local_ip = curl.local_ip();
  answer.peer_ip = curl.peer_ip();
  return answer;
}

std::string outcome(const Answer& answer) {
  std::string by;
  for (const auto product : answer.products()) {
    by += (by.empty() ? " (" : ", ") + std::string(name_of(product));
  }
  if (!by.empty()) by += ")";
  if (answer.status != 0) {
    const auto cut = answer.trouble.kind == Trouble::Kind::kCut ? ", then cut" : "";
    return std::to_string(answer.status) + by + cut;
  }
  const auto after = std::to_string(static_cast<int>(answer.seconds + 0.5)) + " s";
  switch (answer.trouble.kind) {
    case Trouble::Kind::kTimeout:
      return "nothing within " + after;
    case Trouble::Kind::kCut:
      return "a cut after " + after + " without an answer" + by;
    case Trouble::Kind::kTunnel:
      return "the forward proxy's " + std::to_string(answer.trouble.status) + " to CONNECT" + by;
    default:
      return answer.trouble.text.empty() ? "no answer" : answer.trouble.text;
  }
}

}  // namespace fairlead::doctor
