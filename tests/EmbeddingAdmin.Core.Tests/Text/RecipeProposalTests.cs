using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Text;

public sealed class RecipeProposalTests
{
    public static TheoryData<string, string?> Tables => new()
    {
        { "user_id uuid, title text, content text, genre text, tags text[], created_at timestamptz", "{title}\n{content}\nGenre: {genre}\nTags: {tags}" },
        { "display_name text, bio text, preferences jsonb", "{bio}\n{preferences}" },
        { "tags text[], genre text, content text, title text", "{title}\n{content}\nGenre: {genre}\nTags: {tags}" },
        { "email text, first_name text, last_name text, avatar_url text, password_hash text, bio text", "{bio}" },
        { "slug text, url text, status -status_kind, headline varchar, summary text", "{headline}\n{summary}" },
        { "post_title text, post_body text, author_name text", "{post_title}\n{post_body}" },
        { "mood -mood, note text", "{note}\nMood: {mood}" },
        { "Full Title text, Kind Of Thing text", "{Full Title}\nKind of thing: {Kind Of Thing}" },
        { "we{ird} text", "We{{ird}}: {we{{ird}}}" },
        { "meta json, year int4, rating numeric", "{meta}" },
        { "url text, email text", "Url: {url}\nEmail: {email}" },
        { "year int4, created_at timestamptz, data bytea", null },
        { "search_vector tsvector, fts tsvector, title citext", "{title}" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void What_reads_like_a_title_comes_first_then_the_body_then_the_rest_and_no_addresses_or_secrets(string columns, string? recipe)
    {
        var facts = Facts.Of(columns.Split(", "));

        var proposed = RecipeProposal.Of(facts);

        Assert.Equal(recipe, proposed);
        if (proposed is not null)
            Assert.NotEmpty(SourceText.Compile(TextRecipe.Parse(proposed), Facts.Table, facts).Lines);
    }

    [Fact]
    public void The_key_is_no_text_even_where_it_is_one() =>
        Assert.Equal("{body}", RecipeProposal.Of(Facts.Of("path text", "body text") with { PrimaryKey = ["path"] }));

    [Fact]
    public void A_table_of_more_columns_than_a_recipe_has_lines_gets_a_recipe_that_can_be_used() =>
        Assert.Null(TextRecipe.Fault(RecipeProposal.Of(Facts.Of([.. Enumerable.Range(1, 150).Select(n => $"field{n} text")]))!));
}
