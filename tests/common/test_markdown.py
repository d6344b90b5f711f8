from vse_lessons.common.markdown import markdown_table


def test_a_table_has_a_line_a_row():
    text = markdown_table(["model", "R@1"], [["SCAN", 12.5], ["DAN", 3]])
    assert text.splitlines() == ["| model | R@1 |", "| --- | --- |", "| SCAN | 12.5 |", "| DAN | 3 |"]


def test_a_bar_in_a_cell_does_not_end_it():
    assert markdown_table(["a"], [["x | y"]]).splitlines()[-1] == "| x \\| y |"


def test_text_of_others_is_neither_html_nor_a_further_row():
    hostile = "<script>alert(1)</script>\n| --- |\r\nend"
    (line,) = markdown_table(["a"], [[hostile]]).splitlines()[2:]
    assert line == "| &lt;script>alert(1)&lt;/script> \\| --- \\| end |"
