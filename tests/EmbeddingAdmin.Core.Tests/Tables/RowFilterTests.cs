using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Core.Tests.Tables;

public sealed class RowFilterTests
{
    [Theory]
    [InlineData("status=eq.published", """(t."status" = 'published'::text)""")]
    [InlineData("status=neq.draft", """(t."status" <> 'draft'::text)""")]
    [InlineData("year=gt.1900", """(t."year" > '1900'::int4)""")]
    [InlineData("year=gte.1900", """(t."year" >= '1900'::int4)""")]
    [InlineData("year=lt.1900", """(t."year" < '1900'::int4)""")]
    [InlineData("year=lte.-5", """(t."year" <= '-5'::int4)""")]
    [InlineData("status=like.*news*", """(t."status"::text like '%news%')""")]
    [InlineData("year=ilike.19*", """(t."year"::text ilike '19%')""")]
    [InlineData("status=in.(a,b)", """(t."status" in ('a'::text, 'b'::text))""")]
    [InlineData("status=in.(\"a,b\",c d)", """(t."status" in ('a,b'::text, 'c d'::text))""")]
    [InlineData("status=is.null", """(t."status" is null)""")]
    [InlineData("seen=is.true", """(t."seen" is true)""")]
    [InlineData("seen=is.false", """(t."seen" is false)""")]
    [InlineData("status=not.eq.draft", """(t."status" = 'draft'::text) is not true""")]
    [InlineData("status=not.is.null", """(t."status" is null) is not true""")]
    [InlineData("status=not.in.(a)", """(t."status" in ('a'::text)) is not true""")]
    [InlineData("year=gt.1900&seen=is.true", """(t."year" > '1900'::int4) and (t."seen" is true)""")]
    [InlineData("status=eq.a.b=c", """(t."status" = 'a.b=c'::text)""")]
    [InlineData("Odd \"one\"=eq.x", "(t.\"Odd \"\"one\"\"\" = 'x'::text)")]
    [InlineData("status=eq.", """(t."status" = ''::text)""")]
    public void A_condition_becomes_SQL_on_the_row(string filter, string sql)
    {
        Assert.Null(RowFilter.Fault(filter));
        Assert.Equal(sql, Compile(filter));
    }

    [Theory]
    [InlineData("status=eq.'; drop table stories; --", "'''; drop table stories; --'::text")]
    [InlineData("status=eq.a' or '1'='1", "'a'' or ''1''=''1'::text")]
    [InlineData("status=in.(a'),b) or (true)", "'a'')'::text, 'b) or (true'::text")]
    [InlineData("status=eq.\\' or true --", "E'\\\\'' or true --'::text")]
    [InlineData("status=like.%' or true --", "'%'' or true --'")]
    [InlineData("status=eq.$1", "'$1'::text")]
    public void What_looks_like_SQL_stays_a_value(string filter, string value) => Assert.Contains(value, Compile(filter), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "names no condition")]
    [InlineData(" & ", "names no condition")]
    [InlineData("status", "is not column=operator.value in its condition 1")]
    [InlineData("=eq.x", "is not column=operator.value in its condition 1")]
    [InlineData("status='draft'", "has no known operator in its condition 1")]
    [InlineData("status=draft", "has no known operator in its condition 1")]
    [InlineData("status=equals.draft", "has no known operator in its condition 1")]
    [InlineData("status=not.draft", "has no known operator in its condition 1")]
    [InlineData("status=not.not.eq.draft", "has no known operator in its condition 1")]
    [InlineData("status=is.nothing", "says is. and none of null, true and false in its condition 1")]
    [InlineData("status=is.null or true", "says is. and none of null, true and false in its condition 1")]
    [InlineData("status=in.a,b", "has a list that is not written like in.(a,b) in its condition 1")]
    [InlineData("status=in.()", "has a list that is not written like in.(a,b)")]
    [InlineData("status=eq.a\0b", "holds a NUL character")]
    [InlineData("year=gt.1&status=near.x", "has no known operator in its condition 2; there are eq, neq")]
    public void What_is_no_condition_is_refused_with_the_reason(string filter, string reason)
    {
        Assert.StartsWith(reason, RowFilter.Fault(filter), StringComparison.Ordinal);
        var refused = Assert.Throws<EmbeddingAdminException>(() => Compile(filter));
        Assert.Equal(ErrorCodes.TableFilter, refused.Code);
        Assert.StartsWith($"The filter of stories {reason}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("statsu=eq.x", "names the column statsu, which public.stories does not have. Nothing was read or written. Did you mean status?")]
    [InlineData("status\" or true --=eq.x", "names the column status\" or true --, which public.stories does not have.")]
    [InlineData("or=(status.eq.a,status.eq.b)", "has no known operator")]
    public void A_column_that_is_not_there_is_refused(string filter, string says)
    {
        var refused = Assert.Throws<EmbeddingAdminException>(() => Compile(filter));
        Assert.Equal(ErrorCodes.TableFilter, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_filter_every_row_counts() => Assert.Equal("true", RowFilter.Compile(Facts.Table, Facts.Of("status text")));

    [Fact]
    public void A_value_is_cast_without_the_columns_length_which_would_cut_it()
    {
        var facts = Facts.Of("code varchar") with { Columns = [new("code", "character varying(3)", "varchar", 7, false) { ValueType = "character varying" }] };
        Assert.Equal("""(t."code" = 'abcd'::character varying)""", RowFilter.Compile(Facts.Table with { Filter = "code=eq.abcd" }, facts));
    }

    private static string Compile(string filter) =>
        RowFilter.Compile(Facts.Table with { Filter = filter }, Facts.Of("status text", "year int4", "seen bool", "Odd \"one\" text"));
}
