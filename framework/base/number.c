/* base/number.c: numbers to and from text, strictly and the same under any locale. Declared in base/text.h. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

int text_integer(const char *string, int64_t *value) {
  const char *digits = string + (*string == '-' || *string == '+');
  if (!*digits || strspn(digits, "0123456789") != strlen(digits))
    return error_set(STRAIT_EINVAL, "not an integer");
  errno = 0;
  long long number = strtoll(string, NULL, 10);
  if (errno == ERANGE || number > INT64_MAX || number < INT64_MIN)
    return error_set(STRAIT_EINVAL, "not an integer of 64 bits");
  *value = number;
  return STRAIT_OK;
}

/* [+-]digits[.digits][e[+-]digits], where one of the two runs of digits may be missing; or inf, infinity. strtod takes
 * more: blanks in front, hexadecimal, nan(...). */
static int is_number(const char *s) {
  static const char digits[] = "0123456789";
  s += *s == '-' || *s == '+';
  if (!strcmp(s, "inf") || !strcmp(s, "infinity"))
    return 1;
  size_t whole = strspn(s, digits), fraction = 0;
  s += whole;
  if (*s == '.') {
    fraction = strspn(s + 1, digits);
    s += 1 + fraction;
  }
  if (whole + fraction == 0)
    return 0;
  if (*s == 'e' || *s == 'E') {
    s++;
    s += *s == '-' || *s == '+';
    size_t exponent = strspn(s, digits);
    if (!exponent)
      return 0;
    s += exponent;
  }
  return !*s;
}

/* The C locale for this thread, because a plugin's library may have called setlocale. In glibc and musl newlocale of
 * "C" returns a static object. */
static locale_t enter_c(locale_t *c) {
  *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  return *c ? uselocale(*c) : (locale_t)0;
}
static void leave_c(locale_t c, locale_t old) {
  if (!c)
    return;
  uselocale(old);
  freelocale(c);
}

int text_number(const char *string, double *value) {
  if (!is_number(string)) /* "nan" is not a number either */
    return error_set(STRAIT_EINVAL, "not a number");
  locale_t c, old = enter_c(&c);
  double number = strtod(string, NULL);
  leave_c(c, old);
  if (isinf(number) && !strchr(string, 'i'))
    return error_set(STRAIT_EINVAL, "not finite as a double");
  if (number == 0) {
    size_t mantissa = strcspn(string, "eE");
    if (strcspn(string, "123456789") < mantissa)
      return error_set(STRAIT_EINVAL, "too small for a double");
  }
  *value = number;
  return STRAIT_OK;
}

char *text_of_number(double value, char *buffer) {
  if (isnan(value))
    return strcpy(buffer, "nan");
  if (isinf(value))
    return strcpy(buffer, value < 0 ? "-inf" : "inf");
  if (value == trunc(value) && fabs(value) < 1e15) { /* "10", where %g says 1e+01 */
    snprintf(buffer, 32, "%.0f", value);
    return buffer;
  }
  locale_t c, old = enter_c(&c);
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(buffer, 32, "%.*g", digits, value);
    if (strtod(buffer, NULL) == value)
      break;
  }
  leave_c(c, old);
  return buffer;
}
