"""What all HTML pages share: two themes, and a policy under which nothing is fetched."""
