#include "doctor/verdict/product.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Product, ShowsItselfInAnswers) {
  EXPECT_THAT(recognize_answer({{"server", "nginx/1.22.1"}}), ElementsAre(Product::kNginx));
  EXPECT_THAT(recognize_answer({{"via", "1.1 gate (squid/5.7)"}}), ElementsAre(Product::kSquid));
  EXPECT_THAT(recognize_answer({{"via", "1.1 varnish (Varnish/7.1)"}, {"x-varnish", "2 3"}}),
              ElementsAre(Product::kVarnish));
  EXPECT_THAT(recognize_answer({{"server", "Apache/2.4.66 (Debian)"}}),
              ElementsAre(Product::kApache));
  EXPECT_THAT(recognize_answer({{"via", "http/1.1 x[...] (ApacheTrafficServer/9.2.5)"}}),
              ElementsAre(Product::kTrafficServer));
  EXPECT_THAT(recognize_answer({{"cf-ray", ""}}), ElementsAre(Product::kCloudflare));
}

TEST(Product, IsNotGuessedFromAnotherField) {
  EXPECT_THAT(recognize_answer({{"x-powered-by", "nginx"}, {"content-type", "text/html"}}),
              IsEmpty());
}

TEST(Product, ShowsItselfInErrorPages) {
  EXPECT_THAT(recognize_page("<hr><center>nginx/1.22.1</center>"), ElementsAre(Product::kNginx));
  EXPECT_THAT(recognize_page("<html><body><h1>503 Service Unavailable</h1>\nNo server is available "
                             "to handle this request.\n"),
              ElementsAre(Product::kHaproxy));
  EXPECT_THAT(recognize_page(std::string(5000, ' ') + "privoxy"), IsEmpty())
      << "only its beginning is looked at";
}

TEST(Product, ShowsItselfInRequestsAndCertificates) {
  EXPECT_THAT(recognize_request({"host", "x-varnish"}), ElementsAre(Product::kVarnish));
  EXPECT_THAT(recognize_issuer("/O=Zscaler Inc./CN=Zscaler Intermediate Root CA"),
              ElementsAre(Product::kZscaler));
  EXPECT_THAT(recognize_issuer("/O=Let's Encrypt/CN=R11"), IsEmpty());
}

TEST(Product, TellsThoseBeforeServersFromThoseBeforeClients) {
  EXPECT_TRUE(stands_before_servers(Product::kNginx));
  EXPECT_FALSE(stands_before_servers(Product::kPrivoxy));
}

TEST(Product, EachHasAName) {
  for (int i = 0; i <= static_cast<int>(Product::kKaspersky); ++i)
    EXPECT_FALSE(name_of(static_cast<Product>(i)).empty()) << i;
  EXPECT_EQ(name_of(Product::kKaspersky), "Kaspersky");
}

}  // namespace
}  // namespace fairlead::doctor
