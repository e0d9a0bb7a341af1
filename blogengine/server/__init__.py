"""The default server: Granian, and a front that answers cached pages and reads bodies without a thread."""
