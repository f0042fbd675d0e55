"""Spanish numbers with a decimal point.

Spanish takes both the point and the comma. Amounts of pay stand with a point in every record, so that one page
never shows "USD 18.50" beside "18,50".
"""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
