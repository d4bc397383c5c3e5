#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Who stands on the way, as far as it shows itself: by what it writes into answers, into requests
// (the server echoes their header names), into error pages and certificates. Pure functions.
namespace fairlead::doctor {

enum class Product : std::uint8_t {
  kNginx,
  kHaproxy,
  kSquid,
  kVarnish,
  kApache,
  kLighttpd,
  kCaddy,
  kTrafficServer,
  kTinyproxy,
  kPrivoxy,
  kFfproxy,
  kE2guardian,
  kMitmproxy,
  kEnvoy,
  kTraefik,
  kCloudflare,
  kCloudFront,
  kAwsBalancer,
  kGoogle,
  kAzureFrontDoor,
  kFastly,
  kAkamai,
  kZscaler,
  kFortinet,
  kSophos,
  kBlueCoat,
  kKaspersky,
};
using Products = std::set<Product>;

std::string_view name_of(Product product);
// Whether servers are put behind it; the others stand before clients.
bool stands_before_servers(Product product);

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// By the header fields of an answer.
Products recognize_answer(const Headers& headers);
// By the text of an error page; its first 4 KiB are looked at.
Products recognize_page(std::string_view body);
// By the names of a request's header fields as they arrived at the server, in lower case.
Products recognize_request(const std::vector<std::string>& names);
// By who issued a certificate: those that break TLS open sign with an authority of their own.
Products recognize_issuer(std::string_view issuer);

}  // namespace fairlead::doctor
