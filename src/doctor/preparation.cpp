#include "doctor/preparation.h"

#include <fstream>

namespace fairlead::doctor {
namespace {

using Refused = tl::unexpected<std::string>;

constexpr std::size_t kSecretBytesMax = 8 * 1024;

// The first line of a file; "-" is standard input.
tl::expected<std::string, std::string> secret_in(const std::string& path, const char* option) {
  std::ifstream in(path == "-" ? "/dev/stdin" : path);
  std::string line;
  if (!in || !std::getline(in, line)) return Refused(std::string(option) + ": cannot read " + path);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty() || line.size() > kSecretBytesMax)
    return Refused(std::string(option) + ": the first line of " + path + " should be the secret");
  return line;
}

tl::expected<Credentials, std::string> credentials_of(const Options& options) {
  const int ways = (options.token.empty() && options.token_file.empty() ? 0 : 1) +
                   (options.user.empty() ? 0 : 1) + (options.guest ? 1 : 0);
  if (ways > 1) return Refused("one account: --guest, --user or --token-file, not several of them");
  if (options.user.empty() != options.password_file.empty())
    return Refused("--user and --password-file belong together");
  Credentials credentials{options.token, options.user, {}, options.guest};
  if (!options.password_file.empty()) {
    auto secret = secret_in(options.password_file, "--password-file");
    if (!secret) return Refused(secret.error());
    credentials.password = *secret;
  }
  if (!options.token_file.empty()) {
    auto secret = secret_in(options.token_file, "--token-file");
    if (!secret) return Refused(secret.error());
    credentials.token = *secret;
  }
  if (!fits_a_header(credentials.token))
    return Refused("the token has characters that no token has");
  return credentials;
}

}  // namespace

tl::expected<Preparation, std::string> prepare(const Options& options,
                                               const Environment& environment) {
  if (options.url.empty() && !options.host)
    return Refused("say what to look at: a URL, or --host for this machine");
  Preparation prepared;
  prepared.settings = {options.idle_s, options.lifetime_s};
  if (options.url.empty()) return prepared;
  const auto url = load::parse_url(options.url);
  if (!url) return Refused(url.error());
  if (!options.connect_to.empty() && !load::parse_url("http://" + options.connect_to))
    return Refused("--connect-to is HOST:PORT");
  auto proxy = choose_proxy(*url, options.proxy, environment);
  if (!proxy) return Refused(proxy.error());
  prepared.way = {*url, *proxy, options.connect_to, options.ca_file, options.insecure};
  if (!options.ca_file.empty() && !std::ifstream(options.ca_file))
    return Refused("--cacert: cannot read " + options.ca_file);
  auto credentials = credentials_of(options);
  if (!credentials) return Refused(credentials.error());
  prepared.credentials = *credentials;
  return prepared;
}

}  // namespace fairlead::doctor
